/**
 * The words beside the rings of a lane: who is parked, what the host asks for, what the member is doing. Every word has
 * one writer, except the parked words (doorbell.ts); words of different writers stand on different lines.
 *
 *     line 0  member is parked            line 3  member: wants room in outcomes or calls
 *     line 1  host is parked              line 4  member: heartbeat, completed, busy µs, heap KiB
 *     line 2  host: command, wants room   line 5… one pair of lines per async slot:
 *                                                 member: ticket, started-at ms, phase │ host: abort ticket, reason
 */
import { LINE_BYTES, LINE_WORDS } from './layout.js';
import type { RingMemory } from './memory.js';

const FIXED_LINES = 5;
const LINES_PER_SLOT = 2;

export const HostCommand = { NONE: 0, RETIRE: 1 } as const;
/** What a slot does: nothing, user code on the stack, or a promise that is awaited. */
export const SlotPhase = { IDLE: 0, SYNC: 1, ASYNC: 2 } as const;
export const AbortReason = { NONE: 0, SOFT_LIMIT: 1, CANCELLED: 2 } as const;

export function statusBytes(slotCount: number): number {
  return (FIXED_LINES + LINES_PER_SLOT * slotCount) * LINE_BYTES;
}

export class StatusBlock {
  readonly slotCount: number;
  readonly memberParkedWord: number;
  readonly hostParkedWord: number;
  readonly #memory: RingMemory;
  readonly #start: number;

  constructor(memory: RingMemory, startByte: number, slotCount: number) {
    this.#memory = memory;
    this.#start = startByte / 4;
    this.slotCount = slotCount;
    this.memberParkedWord = this.#start;
    this.hostParkedWord = this.#start + LINE_WORDS;
  }

  /** Written by the host. */
  get command(): number {
    return this.#memory.load(this.#line(2));
  }
  set command(value: number) {
    this.#memory.store(this.#line(2), value);
  }

  /** Written by the host: 1 while replies wait for room. */
  get hostWantsRoom(): boolean {
    return this.#memory.load(this.#line(2) + 1) === 1;
  }
  set hostWantsRoom(value: boolean) {
    this.#memory.store(this.#line(2) + 1, value ? 1 : 0);
  }

  /** Written by the member: 1 while outcomes or calls wait for room. */
  get memberWantsRoom(): boolean {
    return this.#memory.load(this.#line(3)) === 1;
  }
  set memberWantsRoom(value: boolean) {
    this.#memory.store(this.#line(3), value ? 1 : 0);
  }

  /** Written by the member: turns of its loop, so that a stuck member differs from an idle one (G18). Wraps. */
  get heartbeat(): number {
    return this.#memory.load(this.#line(4));
  }
  set heartbeat(value: number) {
    this.#memory.store(this.#line(4), value | 0);
  }

  /** Written by the member: runs that ended. Wraps. */
  get completed(): number {
    return this.#memory.load(this.#line(4) + 1);
  }
  set completed(value: number) {
    this.#memory.store(this.#line(4) + 1, value | 0);
  }

  /** Written by the member: time in synchronous runs, µs. Wraps. */
  get busyUs(): number {
    return this.#memory.load(this.#line(4) + 2);
  }
  set busyUs(value: number) {
    this.#memory.store(this.#line(4) + 2, value | 0);
  }

  /** Written by the member when it goes idle, at most once a second: used heap, KiB. */
  get heapKib(): number {
    return this.#memory.load(this.#line(4) + 3);
  }
  set heapKib(value: number) {
    this.#memory.store(this.#line(4) + 3, value | 0);
  }

  /** Member: a run starts in the slot. `startedMs` is the shared monotonic clock as a wrapping 32-bit number. */
  beginRun(slot: number, ticket: number, startedMs: number): void {
    const word = this.#slot(slot);
    this.#memory.store(word + 1, startedMs | 0);
    this.#memory.store(word + 2, SlotPhase.SYNC);
    // The ticket is last: who reads it and then the other words reads those of this run.
    this.#memory.store(word, ticket);
  }

  /** Member: the run in the slot gave back a promise. */
  awaitRun(slot: number): void {
    this.#memory.store(this.#slot(slot) + 2, SlotPhase.ASYNC);
  }

  endRun(slot: number): void {
    this.#memory.store(this.#slot(slot), 0);
  }

  /** Host: the slot that runs the ticket; null when none does. */
  slotOf(ticket: number): number | null {
    for (let slot = 0; slot < this.slotCount; slot++) {
      if (this.#memory.load(this.#slot(slot)) === ticket) return slot;
    }
    return null;
  }

  /** Host: a run is on the stack of the member, so that its loop cannot turn. */
  get isComputing(): boolean {
    for (let slot = 0; slot < this.slotCount; slot++) {
      if (this.#memory.load(this.#slot(slot)) !== 0 && this.phase(slot) === SlotPhase.SYNC) return true;
    }
    return false;
  }

  startedMs(slot: number): number {
    return this.#memory.load(this.#slot(slot) + 1);
  }

  phase(slot: number): number {
    return this.#memory.load(this.#slot(slot) + 2);
  }

  /** Host: asks the run with this ticket to stop; the ticket keeps the request away from the slot's next run. */
  requestAbort(slot: number, ticket: number, reason: number): void {
    const word = this.#slot(slot) + LINE_WORDS;
    this.#memory.store(word + 1, reason);
    this.#memory.store(word, ticket);
  }

  /** Host: the run of this ticket has ended. Tickets come again after half a million jobs; requests must not. */
  clearAbort(slot: number, ticket: number): void {
    const word = this.#slot(slot) + LINE_WORDS;
    if (this.#memory.load(word) === ticket) this.#memory.store(word, 0);
  }

  /** Member: why the run of this ticket should stop; NONE when it should not. */
  abortReason(slot: number, ticket: number): number {
    const word = this.#slot(slot) + LINE_WORDS;
    return this.#memory.load(word) === ticket ? this.#memory.load(word + 1) : AbortReason.NONE;
  }

  #line(line: number): number {
    return this.#start + line * LINE_WORDS;
  }

  #slot(slot: number): number {
    return this.#start + (FIXED_LINES + LINES_PER_SLOT * slot) * LINE_WORDS;
  }
}
