/**
 * The runs of a member whose promises are pending, thousands of them if its pool allows. The loop adds and removes them,
 * and on every bell lets those follow their abort requests for which one was made: the host numbers its requests, so a
 * bell without one costs a single load.
 */
import { ABORT_LOG, type StatusBlock } from '../../ring/status-block.js';
import type { RunningJob } from './running-job.js';

export class AwaitedRuns {
  readonly #status: StatusBlock;
  /** ticket → run */
  readonly #runs = new Map<number, RunningJob>();
  /** Abort requests that were followed. */
  #seenAborts: number;

  constructor(status: StatusBlock) {
    this.#status = status;
    this.#seenAborts = status.abortCount;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** The oldest of them. */
  get first(): RunningJob | null {
    return this.#runs.values().next().value ?? null;
  }

  add(job: RunningJob): void {
    this.#runs.set(job.ticket, job);
  }

  delete(job: RunningJob): void {
    this.#runs.delete(job.ticket);
  }

  /** Lets the signals of runs that were asked to stop say so. */
  followAborts(): void {
    const count = this.#status.abortCount;
    if (count === this.#seenAborts) return;
    const first = this.#seenAborts;
    this.#seenAborts = count;
    for (let request = first; request !== count; request = (request + 1) | 0) {
      // The host overwrites the oldest requests: who comes too late looks at every run.
      if (((this.#status.abortCount - request) | 0) > ABORT_LOG) {
        for (const job of this.#runs.values()) job.followAbort();
        return;
      }
      this.#runs.get(this.#status.abortedTicket(request))?.followAbort();
    }
  }
}
