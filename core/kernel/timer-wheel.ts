/**
 * A hierarchical timer wheel: a hundred thousand timers that cost one runtime timer, a list node each and nothing while
 * none is due (WORK-24). Held ETA tasks stand in it. Host thread; time comes from the clock.
 *
 *     level 0   64 slots of 1 ms      a timer stands at the level of the highest group of 6 bits in which its
 *     level 1   64 slots of 64 ms     tick differs from the present one, so every occupied slot lies ahead and
 *     level 2   64 slots of 4.1 s     the lowest occupied level holds the next event: either its slot is due
 *     …         7 levels, 139 years   (level 0) or its timers move down (higher levels)
 */
import type { Clock, TimerHandle } from './clock.js';

const SLOT_BITS = 6;
const SLOTS = 2 ** SLOT_BITS;
const LEVELS = 7;
/** Ticks that the whole wheel spans; later timers wait at its end and are looked at again. */
const SPAN = SLOTS ** LEVELS;

/** A timer in the wheel; a node of its slot's list. */
export class WheelTimer<T> {
  readonly item: T;
  /** Instant on the monotonic clock, ms. */
  readonly dueMs: number;
  /** @internal */
  readonly tick: number;
  /** Index of the slot, level × 64 + slot; -1 when it is not in the wheel. @internal */
  slot = -1;
  /** @internal */
  previous: WheelTimer<T> | null = null;
  /** @internal */
  next: WheelTimer<T> | null = null;

  constructor(item: T, dueMs: number, tick: number) {
    this.item = item;
    this.dueMs = dueMs;
    this.tick = tick;
  }
}

interface Slot<T> {
  first: WheelTimer<T> | null;
  last: WheelTimer<T> | null;
}

export interface TimerWheelOptions<T> {
  readonly clock: Clock;
  /** Gets the items that are due, earliest first, once for all that one wake-up finds. */
  readonly onDue: (items: readonly T[]) => void;
}

export class TimerWheel<T> {
  readonly #options: TimerWheelOptions<T>;
  readonly #slots: Slot<T>[] = Array.from({ length: SLOTS * LEVELS }, () => ({ first: null, last: null }));
  /** Two words of 32 slots for each level: which are occupied. */
  readonly #occupied = new Int32Array(LEVELS * 2);
  readonly #originMs: number;
  /** Whole milliseconds since the origin that have been worked off. */
  #tick = 0;
  #size = 0;
  #alarm: TimerHandle | null = null;
  #alarmTick = Infinity;

  constructor(options: TimerWheelOptions<T>) {
    this.#options = options;
    this.#originMs = options.clock.nowMonoMs();
  }

  get size(): number {
    return this.#size;
  }

  /** @param dueMs instant on the monotonic clock; one that has passed is due at the next wake-up. O(1) */
  add(item: T, dueMs: number): WheelTimer<T> {
    // An empty wheel needs no cascades to come up to the present.
    if (this.#size === 0) this.#tick = Math.max(this.#tick, Math.floor(this.#now()));
    const timer = new WheelTimer(item, dueMs, Math.ceil(dueMs - this.#originMs));
    this.#place(timer);
    this.#size++;
    this.#arm();
    return timer;
  }

  /** False when it was due or cancelled before. O(1) */
  cancel(timer: WheelTimer<T>): boolean {
    if (timer.slot === -1) return false;
    this.#remove(timer);
    this.#size--;
    if (this.#size === 0) this.#disarm();
    return true;
  }

  /** Every timer, in no order. */
  *timers(): Generator<WheelTimer<T>> {
    for (const slot of this.#slots) for (let timer = slot.first; timer !== null; timer = timer.next) yield timer;
  }

  /** Empties the wheel; answers what was in it. */
  takeAll(): readonly T[] {
    const items = [...this.timers()].map((timer) => {
      this.cancel(timer);
      return timer.item;
    });
    return items;
  }

  #now(): number {
    return this.#options.clock.nowMonoMs() - this.#originMs;
  }

  #place(timer: WheelTimer<T>): void {
    // What is due already goes into the next tick's slot, what is too far to the end of the wheel.
    const tick = Math.min(Math.max(timer.tick, this.#tick + 1), SPAN - 1);
    let level = 0;
    let unit = SLOTS;
    while (level < LEVELS - 1 && Math.floor(tick / unit) !== Math.floor(this.#tick / unit)) {
      level++;
      unit *= SLOTS;
    }
    const index = level * SLOTS + (Math.floor((tick * SLOTS) / unit) % SLOTS);
    const slot = this.#slots[index] as Slot<T>;
    timer.slot = index;
    timer.previous = slot.last;
    if (slot.last === null) slot.first = timer;
    else slot.last.next = timer;
    slot.last = timer;
    this.#occupied[index >> 5] = this.#wordOf(index) | (1 << (index & 31));
  }

  #remove(timer: WheelTimer<T>): void {
    const slot = this.#slots[timer.slot] as Slot<T>;
    if (timer.previous === null) slot.first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === null) slot.last = timer.previous;
    else timer.next.previous = timer.previous;
    if (slot.first === null) this.#clearBit(timer.slot);
    timer.previous = null;
    timer.next = null;
    timer.slot = -1;
  }

  #wordOf(index: number): number {
    return this.#occupied[index >> 5] ?? 0;
  }

  #clearBit(index: number): void {
    this.#occupied[index >> 5] = this.#wordOf(index) & ~(1 << (index & 31));
  }

  /** Index of the first occupied slot, lowest level first; -1 when the wheel is empty. */
  #nextSlot(): number {
    for (let word = 0; word < LEVELS * 2; word++) {
      const bits = this.#occupied[word] ?? 0;
      if (bits !== 0) return word * 32 + (31 - Math.clz32(bits & -bits));
    }
    return -1;
  }

  /** Tick at which a slot is due, or its timers move down. */
  #tickOf(index: number): number {
    const unit = SLOTS ** (index >> SLOT_BITS);
    const round = unit * SLOTS;
    return Math.floor(this.#tick / round) * round + (index % SLOTS) * unit;
  }

  #arm(): void {
    const index = this.#nextSlot();
    if (index === -1) return;
    const tick = this.#tickOf(index);
    if (this.#alarm !== null && this.#alarmTick <= tick) return;
    this.#alarm?.cancel();
    this.#alarmTick = tick;
    this.#alarm = this.#options.clock.after(tick - this.#now(), this.#onAlarm, { keepsAlive: false });
  }

  #disarm(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#alarmTick = Infinity;
  }

  readonly #onAlarm = (): void => {
    this.#alarm = null;
    this.#alarmTick = Infinity;
    const due = this.#advance(Math.floor(this.#now()));
    this.#arm();
    if (due.length > 0) this.#options.onDue(due);
  };

  #advance(nowTick: number): readonly T[] {
    const due: T[] = [];
    for (let index = this.#nextSlot(); index !== -1; index = this.#nextSlot()) {
      const tick = this.#tickOf(index);
      if (tick > nowTick) break;
      this.#tick = tick;
      this.#empty(index, due);
    }
    this.#tick = Math.max(this.#tick, nowTick);
    return due;
  }

  /** Takes the timers of a slot out: due, or placed again further down. */
  #empty(index: number, due: T[]): void {
    const slot = this.#slots[index] as Slot<T>;
    let timer = slot.first;
    slot.first = null;
    slot.last = null;
    this.#clearBit(index);
    while (timer !== null) {
      const { next } = timer;
      timer.previous = null;
      timer.next = null;
      timer.slot = -1;
      if (timer.tick <= this.#tick) {
        this.#size--;
        due.push(timer.item);
      } else this.#place(timer);
      timer = next;
    }
  }
}
