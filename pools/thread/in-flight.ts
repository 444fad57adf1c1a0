/**
 * The host's list of what a lane holds: the truth about ownership, of which the ring is only the transport. Entries are
 * reused. They stand in the order in which they were written to the ring, so unclaimed ones are a suffix. The ticket of an
 * entry leads back to it (ring/ticket.ts); a job leads to its entry by a map that is kept only while somebody asks.
 */
import type { PoolJob } from '../../core/ports/pool.js';
import { MAX_GENERATION, SLOT_COUNT, makeTicket, slotOfTicket } from '../ring/ticket.js';
import { MAX_LENT } from '../lent-slots.js';

/** Most jobs that one lane holds. */
export const MAX_IN_FLIGHT = SLOT_COUNT - 1;
/** After so many jobs that nobody has asked for the map goes: it costs each job 0.1 µs. */
const FORGET_AFTER = 4096;

/** Why a job will not get the outcome of its run. */
export type Verdict = 'none' | 'time-limit' | 'terminated';

export class InFlightEntry {
  ticket = 0;
  job: PoolJob | null = null;
  /** Position of the record in the task ring. */
  position = 0;
  /** Word of its claim state. */
  claimWord = 0;
  verdict: Verdict = 'none';
  /** Slot whose abort words name the ticket; null while nobody has asked the run to stop. */
  abortSlot: number | null = null;
  /** Size of what of it travels out of band. */
  bulkBytes = 0;
  /** The host has settled the job, but the member still runs it. */
  isAbandoned = false;
  /** Calls during which its run takes no slot. */
  openWaits = 0;
  previous: InFlightEntry | null = null;
  next: InFlightEntry | null = null;
  #generation = 0;

  /** Readies the entry for its next use. */
  renew(index: number, job: PoolJob): void {
    this.#generation = this.#generation === MAX_GENERATION ? 1 : this.#generation + 1;
    this.ticket = makeTicket(this.#generation, index);
    this.job = job;
    this.verdict = 'none';
    this.abortSlot = null;
    this.isAbandoned = false;
  }
}

export class InFlight {
  readonly #entries: InFlightEntry[] = [];
  readonly #free: number[] = [];
  #first: InFlightEntry | null = null;
  #last: InFlightEntry | null = null;
  #size = 0;
  #abandoned = 0;
  /** Jobs that wait for their end → their entries; null while nobody asks. */
  #byJob: Map<PoolJob, InFlightEntry> | null = null;
  #addedUnasked = 0;
  #bulkBytes = 0;
  #lent = 0;

  /** Jobs that still wait for their end. */
  get size(): number {
    return this.#size;
  }

  /** Those of them that take a slot, or will: not the runs that wait for other jobs (BUG-26). */
  get takenSlots(): number {
    return this.#lent === 0 ? this.#size : this.#size - Math.min(this.#lent, MAX_LENT);
  }

  /** Runs that the host has given up but the member has not ended. */
  get abandonedCount(): number {
    return this.#abandoned;
  }

  /** What of the jobs travels out of band, bytes together. */
  get bulkBytes(): number {
    return this.#bulkBytes;
  }

  get first(): InFlightEntry | null {
    return this.#first;
  }

  get last(): InFlightEntry | null {
    return this.#last;
  }

  get isFull(): boolean {
    return this.#size + this.#abandoned >= MAX_IN_FLIGHT;
  }

  add(job: PoolJob): InFlightEntry {
    let index = this.#free.pop();
    if (index === undefined) index = this.#entries.push(new InFlightEntry()) - 1;
    const entry = this.#entries[index] as InFlightEntry;
    entry.renew(index, job);
    entry.previous = this.#last;
    entry.next = null;
    if (this.#last === null) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#size++;
    if (this.#byJob !== null) this.#remember(this.#byJob, job, entry);
    return entry;
  }

  find(ticket: number): InFlightEntry | null {
    const entry = this.#entries[slotOfTicket(ticket)];
    return entry?.ticket === ticket && entry.job !== null ? entry : null;
  }

  /** The entry of a job that waits for its end. O(1) when it is asked often: thousands are cancelled at once. */
  findJob(job: PoolJob): InFlightEntry | null {
    this.#addedUnasked = 0;
    this.#byJob ??= this.#indexJobs();
    return this.#byJob.get(job) ?? null;
  }

  /** So much of the job's bytes travels out of band. */
  holdBulk(entry: InFlightEntry, bytes: number): void {
    entry.bulkBytes = bytes;
    this.#bulkBytes += bytes;
  }

  /** The run waits for other jobs, and takes no slot until `takeBack` was called as often. */
  lend(entry: InFlightEntry): void {
    if (entry.openWaits++ === 0) this.#lent++;
  }

  /** @param ticket of the run that has lent: the entry may hold another by now */
  takeBack(entry: InFlightEntry, ticket: number): void {
    if (entry.ticket !== ticket || entry.openWaits === 0) return;
    if (--entry.openWaits === 0) this.#lent--;
  }

  /** Marks the job as settled although its run goes on; the ticket stays taken. */
  abandon(entry: InFlightEntry): void {
    this.#forget(entry);
    this.#endWaits(entry);
    entry.isAbandoned = true;
    this.#abandoned++;
    this.#size--;
  }

  remove(entry: InFlightEntry): void {
    if (this.#byJob !== null) this.#forget(entry);
    if (entry.openWaits > 0) this.#endWaits(entry);
    if (entry.bulkBytes > 0) {
      this.#bulkBytes -= entry.bulkBytes;
      entry.bulkBytes = 0;
    }
    if (entry.previous === null) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === null) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = null;
    entry.next = null;
    entry.job = null;
    this.#free.push(slotOfTicket(entry.ticket));
    if (entry.isAbandoned) this.#abandoned--;
    else this.#size--;
  }

  #endWaits(entry: InFlightEntry): void {
    if (entry.openWaits === 0) return;
    entry.openWaits = 0;
    this.#lent--;
  }

  #indexJobs(): Map<PoolJob, InFlightEntry> {
    const byJob = new Map<PoolJob, InFlightEntry>();
    for (let entry = this.#first; entry !== null; entry = entry.next) {
      if (entry.job !== null && !entry.isAbandoned) byJob.set(entry.job, entry);
    }
    return byJob;
  }

  #remember(byJob: Map<PoolJob, InFlightEntry>, job: PoolJob, entry: InFlightEntry): void {
    if (++this.#addedUnasked > FORGET_AFTER) this.#byJob = null;
    else byJob.set(job, entry);
  }

  #forget({ job, isAbandoned }: InFlightEntry): void {
    // An abandoned job is out already, and may be in again by another entry.
    if (job !== null && !isAbandoned) this.#byJob?.delete(job);
  }
}
