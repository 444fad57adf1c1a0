/**
 * The words beside the rings of a lane: who is parked, what the host asks for, what the member is doing. Every word has
 * one writer, except the parked words (doorbell.ts); words of different writers stand on different lines.
 *
 *     line 0  member is parked            line 3  member: wants room in outcomes or calls
 *     line 1  host is parked              line 4  member: heartbeat, completed, busy µs, heap KiB, ticket on the stack,
 *     line 2  host: command, wants room,          whether a run of it was interrupted
 *             number of abort requests,
 *             place that was taken: index, epoch
 *     runs    [SLOT_COUNT × 8 B]  member: started-at ms, ticket of the promise that is awaited (0: none)
 *     aborts  [SLOT_COUNT × 8 B]  host: ticket that is to stop, reason
 *     log     [ABORT_LOG × 4 B]   host: tickets of the last abort requests, request n at n mod ABORT_LOG
 *
 * The slot of a run is the index in its ticket (ticket.ts), so nobody searches, and a member with thousands of runs has
 * the same tables as one with a single run: pages that nobody has touched take no memory.
 */
import { LINE_BYTES, LINE_WORDS } from './layout.js';
import type { RingMemory } from './memory.js';
import { NO_TICKET } from './record.js';
import { SLOT_COUNT, slotOfTicket } from './ticket.js';

const FIXED_WORDS = 5 * LINE_WORDS;
const ROW_WORDS = 2;
const TABLE_WORDS = ROW_WORDS * SLOT_COUNT;
/** Abort requests that a member can follow one by one; after more of them it looks at all of its runs. */
export const ABORT_LOG = 4096;

export const HostCommand = { NONE: 0, RETIRE: 1 } as const;
/** What a slot does: nothing, user code on the stack, or a promise that is awaited. */
export const SlotPhase = { IDLE: 0, SYNC: 1, ASYNC: 2 } as const;
export const AbortReason = { NONE: 0, SOFT_LIMIT: 1, CANCELLED: 2 } as const;

export const STATUS_BYTES = (FIXED_WORDS + 2 * TABLE_WORDS + ABORT_LOG) * 4;

export class StatusBlock {
  readonly memberParkedWord: number;
  readonly hostParkedWord: number;
  readonly #memory: RingMemory;
  readonly #hostLine: number;
  readonly #roomLine: number;
  readonly #memberLine: number;
  readonly #runs: number;
  readonly #aborts: number;
  readonly #log: number;

  /** @param startByte a multiple of `LINE_BYTES`; the block takes `STATUS_BYTES`. */
  constructor(memory: RingMemory, startByte: number) {
    const start = startByte / 4;
    this.#memory = memory;
    this.memberParkedWord = start;
    this.hostParkedWord = start + LINE_BYTES / 4;
    this.#hostLine = start + 2 * LINE_WORDS;
    this.#roomLine = start + 3 * LINE_WORDS;
    this.#memberLine = start + 4 * LINE_WORDS;
    this.#runs = start + FIXED_WORDS;
    this.#aborts = this.#runs + TABLE_WORDS;
    this.#log = this.#aborts + TABLE_WORDS;
  }

  /** Written by the host. */
  get command(): number {
    return this.#memory.load(this.#hostLine);
  }
  set command(value: number) {
    this.#memory.store(this.#hostLine, value);
  }

  /** Written by the host: 1 while replies wait for room. */
  get hostWantsRoom(): boolean {
    return this.#memory.load(this.#hostLine + 1) === 1;
  }
  set hostWantsRoom(value: boolean) {
    this.#memory.store(this.#hostLine + 1, value ? 1 : 0);
  }

  /** Host: a member that was started without a place has one now. */
  takePlace(index: number, epoch: number): void {
    this.#memory.store(this.#hostLine + 3, index);
    // The epoch is last: who reads it and then the index reads that of this place.
    this.#memory.store(this.#hostLine + 4, epoch);
  }

  /** Member: the epoch of the place that it has taken; 0 while it has the one that it was started for. */
  get placeEpoch(): number {
    return this.#memory.load(this.#hostLine + 4);
  }

  /** Member: the index of that place. */
  get placeIndex(): number {
    return this.#memory.load(this.#hostLine + 3);
  }

  /** Written by the member: 1 while outcomes or calls wait for room. */
  get memberWantsRoom(): boolean {
    return this.#memory.load(this.#roomLine) === 1;
  }
  set memberWantsRoom(value: boolean) {
    this.#memory.store(this.#roomLine, value ? 1 : 0);
  }

  /** Written by the member: turns of its loop, so that a stuck member differs from an idle one (G18). Wraps. */
  get heartbeat(): number {
    return this.#memory.load(this.#memberLine);
  }
  set heartbeat(value: number) {
    this.#memory.store(this.#memberLine, value | 0);
  }

  /** Written by the member: runs that ended. Wraps. */
  get completed(): number {
    return this.#memory.load(this.#memberLine + 1);
  }
  set completed(value: number) {
    this.#memory.store(this.#memberLine + 1, value | 0);
  }

  /** Written by the member: time in synchronous runs, µs. Wraps. */
  get busyUs(): number {
    return this.#memory.load(this.#memberLine + 2);
  }
  set busyUs(value: number) {
    this.#memory.store(this.#memberLine + 2, value | 0);
  }

  /** Written by the member between jobs, now and then: its heap and the buffers that it holds outside of it, KiB. */
  get heapKib(): number {
    return this.#memory.load(this.#memberLine + 3);
  }
  set heapKib(value: number) {
    this.#memory.store(this.#memberLine + 3, value | 0);
  }

  /** Written by the member: a run was struck by the guard, so it must be replaced (guard.ts). Never taken back. */
  get wasInterrupted(): boolean {
    return this.#memory.load(this.#memberLine + 5) === 1;
  }
  set wasInterrupted(value: boolean) {
    this.#memory.store(this.#memberLine + 5, value ? 1 : 0);
  }

  /** Written by the member: messages that it has printed. Wraps. */
  get outputCount(): number {
    return this.#memory.load(this.#memberLine + 6);
  }
  set outputCount(value: number) {
    this.#memory.store(this.#memberLine + 6, value | 0);
  }

  /** Written by the member: the run whose code is on the stack; NO_TICKET for none. */
  get ticketOnStack(): number {
    return this.#memory.load(this.#memberLine + 4);
  }

  /** Member: the code of a run is on the stack. `startedMs` is the shared monotonic clock as a wrapping 32-bit number. */
  beginRun(ticket: number, startedMs: number): void {
    // Seen with the store of the ticket. The row is this run's alone until the host has read its outcome.
    this.#memory.write(this.#runs + ROW_WORDS * slotOfTicket(ticket), startedMs | 0);
    this.#memory.store(this.#memberLine + 4, ticket);
  }

  /** Member: the run on the stack gave back a promise. */
  awaitRun(ticket: number): void {
    this.#memory.store(this.#runs + ROW_WORDS * slotOfTicket(ticket) + 1, ticket);
    // Only now: whoever looks in between finds the run in one place or the other.
    this.#memory.store(this.#memberLine + 4, NO_TICKET);
  }

  /** Member: the run on the stack has ended. */
  endRun(): void {
    this.#memory.store(this.#memberLine + 4, NO_TICKET);
  }

  /** Member: the promise of this run has settled. */
  endAwaitedRun(ticket: number): void {
    this.#memory.store(this.#runs + ROW_WORDS * slotOfTicket(ticket) + 1, NO_TICKET);
  }

  /** Host: the slot that runs the ticket; null when it is not running (not yet, or not any more). */
  slotOf(ticket: number): number | null {
    const slot = slotOfTicket(ticket);
    const isRunning = this.ticketOnStack === ticket || this.#memory.load(this.#runs + ROW_WORDS * slot + 1) === ticket;
    return isRunning ? slot : null;
  }

  /** Host: a run is on the stack of the member, so that its loop cannot turn. */
  get isComputing(): boolean {
    return this.ticketOnStack !== NO_TICKET;
  }

  /** Host: when the run of a slot that `slotOf` has named started; holds until its outcome is read. */
  startedMs(slot: number): number {
    return this.#memory.load(this.#runs + ROW_WORDS * slot);
  }

  phase(slot: number): number {
    const onStack = this.ticketOnStack;
    if (onStack !== NO_TICKET && slotOfTicket(onStack) === slot) return SlotPhase.SYNC;
    return this.#memory.load(this.#runs + ROW_WORDS * slot + 1) === NO_TICKET ? SlotPhase.IDLE : SlotPhase.ASYNC;
  }

  /** Host: asks the run with this ticket to stop; the ticket keeps the request away from the slot's next run. */
  requestAbort(slot: number, ticket: number, reason: number): void {
    const word = this.#aborts + ROW_WORDS * slot;
    this.#memory.store(word + 1, reason);
    this.#memory.store(word, ticket);
    const count = this.abortCount;
    this.#memory.store(this.#log + (count & (ABORT_LOG - 1)), ticket);
    this.#memory.store(this.#hostLine + 2, (count + 1) | 0);
  }

  /** Host: the run of this ticket has ended. Tickets come again; requests must not. */
  clearAbort(slot: number, ticket: number): void {
    const word = this.#aborts + ROW_WORDS * slot;
    if (this.#memory.load(word) === ticket) this.#memory.store(word, NO_TICKET);
  }

  /** Member: requests that were ever made. Wraps. */
  get abortCount(): number {
    return this.#memory.load(this.#hostLine + 2);
  }

  /** Member: the ticket of that request, as long as `ABORT_LOG` later ones have not been made. */
  abortedTicket(request: number): number {
    return this.#memory.load(this.#log + (request & (ABORT_LOG - 1)));
  }

  /** Member: why the run of this ticket should stop; NONE when it should not. */
  abortReason(slot: number, ticket: number): number {
    const word = this.#aborts + ROW_WORDS * slot;
    return this.#memory.load(word) === ticket ? this.#memory.load(word + 1) : AbortReason.NONE;
  }
}
