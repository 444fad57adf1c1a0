/**
 * The places of the pool: each has one member that takes jobs and, while that one is on its last, a spare that is loading
 * already. A member that dies is replaced at once when it had been of use, with growing delays when it had not, and after
 * five such deaths in a row only every half minute. Host thread.
 */
import { Backoff } from '../../core/kernel/backoff.js';
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import type { MemberProcess } from './member-process.js';

const BACKOFF = { initialMs: 50, maxMs: 2_000 };
const BREAKER_AFTER = 5;
const BREAKER_DELAY_MS = 30_000;

interface Place {
  readonly index: number;
  current: MemberProcess | null;
  spare: MemberProcess | null;
  respawn: TimerHandle | null;
  /** No spare before this moment: the last one came to nothing. Monotonic ms. */
  spareFromMs: number;
  readonly backoff: Backoff;
}

export interface PlacesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly spawn: (index: number, epoch: number) => MemberProcess;
}

export class Places {
  /** Every member whose process has not ended. */
  readonly members = new Set<MemberProcess>();
  readonly #options: PlacesOptions;
  readonly #places: Place[] = [];
  /** The last epoch of each place, kept when the place goes: one that comes back must not repeat an epoch (G12). */
  readonly #epochs: number[] = [];
  #isClosed = false;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#places.length;
  }

  /** Those that take jobs, in the order of their places. */
  *feedable(): Iterable<MemberProcess> {
    for (const { current } of this.#places) if (current?.state === 'ready') yield current;
  }

  /** Adds places, or takes the last ones away; answers the members that lost theirs: they are to be retired. */
  resize(size: number): readonly MemberProcess[] {
    const removed: MemberProcess[] = [];
    while (this.#places.length > size) {
      const place = this.#places.pop() as Place;
      place.respawn?.cancel();
      for (const member of [place.current, place.spare]) if (member !== null) removed.push(member);
    }
    while (this.#places.length < size) {
      const index = this.#places.length;
      const backoff = new Backoff(BACKOFF, this.#options.random);
      const place: Place = { index, current: null, spare: null, respawn: null, spareFromMs: 0, backoff };
      this.#places.push(place);
      place.current = this.#spawn(place);
    }
    return removed;
  }

  /** Starts the replacement of a member that will end soon; null when there is one, or none can be tried now. */
  prepareSpare(member: MemberProcess): MemberProcess | null {
    const place = this.#placeOf(member);
    if (place === null || place.current !== member || place.spare !== null || this.#isClosed) return null;
    if (this.#options.clock.nowMonoMs() < place.spareFromMs) return null;
    place.spare = this.#spawn(place);
    return place.spare;
  }

  /** The member that this one is the spare of; null when it is none. */
  replacedBy(spare: MemberProcess): MemberProcess | null {
    const place = this.#placeOf(spare);
    return place?.spare === spare ? place.current : null;
  }

  /** The member had been of use and takes no more jobs: its spare, if any, has the place now. */
  release(member: MemberProcess): void {
    const place = this.#placeOf(member);
    if (place?.current !== member) return;
    place.backoff.reset();
    this.#succeed(place, true);
  }

  /**
   * The member's process has ended.
   * @param wasUseful it had been of use, or was ready when the pool ended it.
   */
  gone(member: MemberProcess, wasUseful: boolean): void {
    this.members.delete(member);
    const place = this.#placeOf(member);
    if (place === null) return;
    if (wasUseful) place.backoff.reset();
    if (place.spare === member) {
      place.spare = null;
      if (!wasUseful) place.spareFromMs = this.#options.clock.nowMonoMs() + delayOf(place);
    } else this.#succeed(place, wasUseful);
  }

  /** Nothing is replaced any more. */
  close(): void {
    this.#isClosed = true;
    for (const place of this.#places) place.respawn?.cancel();
  }

  #succeed(place: Place, isAtOnce: boolean): void {
    place.current = place.spare;
    place.spare = null;
    if (place.current !== null || this.#isClosed || place.respawn !== null) return;
    if (isAtOnce) {
      place.current = this.#spawn(place);
      return;
    }
    const delayMs = delayOf(place);
    place.respawn = this.#options.clock.after(
      delayMs,
      () => {
        place.respawn = null;
        place.current = this.#spawn(place);
      },
      { keepsAlive: false },
    );
  }

  #spawn(place: Place): MemberProcess {
    const epoch = (this.#epochs[place.index] ?? 0) + 1;
    this.#epochs[place.index] = epoch;
    const member = this.#options.spawn(place.index, epoch);
    this.members.add(member);
    return member;
  }

  #placeOf(member: MemberProcess): Place | null {
    const place = this.#places[member.index];
    return place !== undefined && (place.current === member || place.spare === member) ? place : null;
  }
}

/** Until the next attempt of a place that has just failed. */
function delayOf({ backoff }: Place): number {
  return backoff.attempt >= BREAKER_AFTER - 1 ? BREAKER_DELAY_MS : backoff.nextMs();
}
