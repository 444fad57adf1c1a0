/** Waits for something that may never come: a peer's call that hangs is a finding, not the end of a run. */
import { PoolError } from '../../core/kernel/errors.js';

/** @throws PoolError after that time; what was waited for goes on. */
export async function withPatience<T>(ends: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PoolError(`hangs: no end after ${patienceMs / 1_000} s`));
    }, patienceMs);
  });
  try {
    return await Promise.race([ends, patience]);
  } finally {
    clearTimeout(timer);
  }
}
