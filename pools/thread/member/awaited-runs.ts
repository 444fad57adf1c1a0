/**
 * The runs of a member whose promises are pending, thousands of them if its pool allows. The loop adds and removes them,
 * and on every bell lets those follow their abort requests for which one was made: the host numbers its requests, so a
 * bell without one costs a single load.
 *
 * A run that waits for what another job of the pool must do lends its slot meanwhile (BUG-26): it counts among them and
 * yet takes none. With one slot the body of a run lies in the task ring until it ends, and so does all that is read after
 * it: a run that lends takes its body out, or the runs that it waits for would find no room in the ring.
 */
import { ABORT_LOG, type StatusBlock } from '../../ring/status-block.js';
import { MAX_LENT } from '../../lent-slots.js';
import type { RunningJob } from './running-job.js';

export class AwaitedRuns {
  readonly #status: StatusBlock;
  /** ticket → run */
  readonly #runs = new Map<number, RunningJob>();
  /** Runs that have lent their slots. */
  readonly #lenders = new Set<RunningJob>();
  /** The run whose body lies in the ring; with several slots each has a copy, and there is none. */
  #inRing: RunningJob | null = null;
  /** Called when a slot was lent. */
  onLent: () => void = () => undefined;
  /** Abort requests that were followed. */
  #seenAborts: number;

  constructor(status: StatusBlock) {
    this.#status = status;
    this.#seenAborts = status.abortCount;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** Those that take a slot. */
  get takenSlots(): number {
    return this.#runs.size - Math.min(this.#lenders.size, MAX_LENT);
  }

  /** The body of a run lies in the ring: nothing that was read there may be given back. */
  get holdsRing(): boolean {
    return this.#inRing !== null;
  }

  /** The oldest of them. */
  get first(): RunningJob | null {
    return this.#runs.values().next().value ?? null;
  }

  add(job: RunningJob): void {
    this.#runs.set(job.ticket, job);
    if (job.isInRing) this.#inRing = job;
  }

  /** The run has ended. */
  delete(job: RunningJob): void {
    this.#runs.delete(job.ticket);
    this.#lenders.delete(job);
    if (this.#inRing === job) this.#inRing = null;
  }

  /** The run takes no slot until `takeBack` was called as often. */
  lend(job: RunningJob): void {
    if (job.openWaits++ > 0) return;
    this.#lenders.add(job);
    if (job.isInRing) job.keepBody();
    if (this.#inRing === job) this.#inRing = null;
    this.onLent();
  }

  /** What the run has waited for is there: it goes on, whether a slot is free or not. */
  takeBack(job: RunningJob): void {
    if (--job.openWaits === 0) this.#lenders.delete(job);
  }

  /** Lets the signals of runs that were asked to stop say so. */
  followAborts(): void {
    const count = this.#status.abortCount;
    if (count === this.#seenAborts) return;
    const first = this.#seenAborts;
    this.#seenAborts = count;
    for (let request = first; request !== count; request = (request + 1) | 0) {
      const ticket = this.#status.abortedTicket(request);
      // The host overwrites the oldest requests, and writes a ticket before it counts it: what was read is that of this
      // request only if the count says so afterwards. Who comes too late looks at every run; so does who reads a count
      // that cannot be: going through the difference took a member half a minute.
      if ((this.#status.abortCount - request) >>> 0 >= ABORT_LOG) {
        for (const job of this.#runs.values()) job.followAbort();
        return;
      }
      this.#runs.get(ticket)?.followAbort();
    }
  }
}
