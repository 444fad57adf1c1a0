/** The host's knowledge of one job that a child has: how far it is, and how it is to end. */
import type { TimerHandle } from '../../core/kernel/clock.js';
import { TerminatedError, TimeLimitExceeded, type WorkerLostError } from '../../core/kernel/errors.js';
import type { PoolJob } from '../../core/ports/pool.js';

/** `sent`: in the pipe; `computing`: the child has the stack for it alone; `awaiting`: a promise is open. */
export type RunPhase = 'sent' | 'computing' | 'awaiting';
/** What a job is told whose member was ended for it. */
export type Verdict = 'none' | 'time-limit' | 'terminated';

export interface RunEntry {
  readonly ticket: number;
  readonly job: PoolJob;
  phase: RunPhase;
  verdict: Verdict;
  /** It was told its end, though its promise is open still. */
  isAbandoned: boolean;
  /** Calls during which it takes no slot. */
  openWaits: number;
  /** Its limits. */
  timers: readonly TimerHandle[];
}

export function endTimers(entry: RunEntry): void {
  for (const timer of entry.timers) timer.cancel();
  entry.timers = [];
}

/** Tells a job that its run was cut short. */
export function tellEnd(job: PoolJob, verdict: Verdict, error: WorkerLostError): void {
  if (verdict === 'time-limit') job.onTimeLimit(new TimeLimitExceeded((job.timeLimitMs ?? 0) / 1_000));
  else if (verdict === 'terminated') job.onTerminated(new TerminatedError('the run was terminated'), true);
  else job.onLost(error);
}
