/**
 * What becomes of the jobs of a member that is gone or must go. A claimed job ends with the reason for which its member
 * ended; an unclaimed one never started, so it goes back to be run elsewhere and nobody hears of it.
 */
import { TerminatedError, TimeLimitExceeded, WorkerLostError } from '../../core/kernel/errors.js';
import type { PoolJob } from '../../core/ports/pool.js';
import type { Verdict } from './in-flight.js';
import type { Lane } from './lane.js';

export interface Reckoning {
  /** To be run elsewhere, in their order. */
  readonly again: readonly PoolJob[];
  /** To be told their end. */
  readonly cutShort: readonly { readonly job: PoolJob; readonly verdict: Verdict }[];
}

/** Empties the lane of a member whose thread has ended. Tells nobody: whoever is told may submit and cancel. */
export function reckon(lane: Lane): Reckoning {
  const again: PoolJob[] = [];
  const cutShort: { readonly job: PoolJob; readonly verdict: Verdict }[] = [];
  for (let entry = lane.inFlight.first; entry !== null; entry = lane.inFlight.first) {
    const { job, verdict, isAbandoned } = entry;
    // After a scribble its claim words prove nothing: all of its jobs count as started.
    // What was given away with a job is gone with the member.
    if (!lane.isPoisoned && job !== null && job.parcel == null && lane.recall(entry)) {
      again.push(job);
      continue;
    }
    lane.inFlight.remove(entry);
    if (job !== null && !isAbandoned) cutShort.push({ job, verdict });
  }
  return { again, cutShort };
}

/** Tells a job that its run was cut short. */
export function tellEnd(job: PoolJob, verdict: Verdict, error: WorkerLostError): void {
  if (verdict === 'time-limit') job.onTimeLimit(new TimeLimitExceeded((job.timeLimitMs ?? 0) / 1000));
  else if (verdict === 'terminated') job.onTerminated(new TerminatedError('the run was terminated'), true);
  else if (job.parcel == null) job.onLost(error);
  else {
    const text = `${error.message}; what was transferred with the run is gone with it, so that it cannot be run again`;
    job.onLost(new WorkerLostError(text, { cause: error.cause }));
  }
}

/** Tells a job that it will never start. */
export function tellNeverStarted(job: PoolJob): void {
  job.onTerminated(new TerminatedError('the pool closed before the job had started'), false);
}
