/** Calls in windows: so many under way, all awaited, then the next ones; until the time is over. */
import { checkWork, sumBelow } from '../harness/check-work.js';

export interface WindowPlan {
  /** Calls under way at once. */
  readonly window: number;
  /** Windows are begun until so much time has passed. */
  readonly minMs: number;
  /**
   * Windows before the clock starts. A full garbage collection comes before each sample and shrinks the young generation,
   * which grows again while calls run; whoever makes ten times as many calls pays ten times for it. @defaultValue none
   */
  readonly leadMs?: number;
}

export interface WindowResult {
  readonly count: number;
  readonly elapsedMs: number;
}

/** @param call for number n; must resolve with n. @throws InvariantError when one does not. */
export async function runWindows(plan: WindowPlan, call: (n: number) => Promise<number>): Promise<WindowResult> {
  const { window, minMs, leadMs = 0 } = plan;
  if (leadMs > 0) await runFor(window, leadMs, call);
  return runFor(window, minMs, call);
}

async function runFor(window: number, minMs: number, call: (n: number) => Promise<number>): Promise<WindowResult> {
  const startedMs = performance.now();
  let count = 0;
  let checksum = 0;
  let elapsedMs: number;
  do {
    const calls: Promise<number>[] = [];
    for (let i = 0; i < window; i++) calls.push(call(count + i));
    for (const n of await Promise.all(calls)) checksum += n;
    count += window;
    elapsedMs = performance.now() - startedMs;
  } while (elapsedMs < minMs);
  checkWork({ count, checksum: sumBelow(count) }, { count, checksum });
  return { count, elapsedMs };
}

export function perSecond({ count, elapsedMs }: WindowResult): number {
  return (count / elapsedMs) * 1_000;
}
