/**
 * A wait during which more is done than waiting: the tasks before it in a chain are looked after, `onInterval` is called.
 * Either can end it. Client, host and member.
 */
import type { TimerHandle } from '../kernel/clock.js';
import { TerminatedError } from '../kernel/errors.js';
import {
  DEFAULT_INTERVAL_MS,
  type GetOptions,
  type ResultMeta,
  type ResultNode,
  type ResultSource,
} from './result-node.js';
import type { WaitOptions } from './result-updates.js';

export interface VigilOptions {
  readonly source: ResultSource;
  /** The results before it in the chain, the first of all first. */
  readonly parents: readonly ResultNode[];
  readonly get: GetOptions;
  /** The wait itself. */
  readonly wait: (options: WaitOptions & Pick<GetOptions, 'onMessage'>) => Promise<ResultMeta>;
}

/** @throws as `wait`; what `onInterval` throws; the error of a parent that has failed or fails */
export async function keepVigil({ source, parents, get, wait }: VigilOptions): Promise<ResultMeta> {
  for (const parent of parents) await parent.maybeThrow();
  const end = new AbortController();
  const signal = get.signal === undefined ? end.signal : AbortSignal.any([get.signal, end.signal]);
  let stopTicks: () => void = () => undefined;
  const disturbed = new Promise<never>((_, reject) => {
    stopTicks = startTicks(source, get, reject);
    for (const parent of parents) {
      // Its success ends nothing, nor does the end of this wait, which ends that one.
      const waited = parent.get({ signal, followParents: false, disableSyncSubtasks: false });
      waited.catch((error: unknown) => {
        if (!signal.aborted) reject(error);
      });
    }
  });
  const awaited = wait({ ...get, signal });
  try {
    return await Promise.race([awaited, disturbed]);
  } finally {
    stopTicks();
    end.abort(new TerminatedError('the wait is over'));
    // What lost the race has nobody to tell its end.
    awaited.catch(() => undefined);
    disturbed.catch(() => undefined);
  }
}

/** Calls `onInterval` again and again; answers how to stop. */
function startTicks(source: ResultSource, get: GetOptions, fail: (error: Error) => void): () => void {
  const { onInterval, intervalMs = DEFAULT_INTERVAL_MS } = get;
  if (onInterval === undefined) return () => undefined;
  let timer: TimerHandle;
  const arm = (): void => {
    timer = source.clock.after(intervalMs, () => {
      try {
        onInterval();
      } catch (error) {
        fail(error as Error);
        return;
      }
      arm();
    });
  };
  arm();
  return () => {
    timer.cancel();
  };
}
