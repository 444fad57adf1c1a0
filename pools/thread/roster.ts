/**
 * Keeps the pool's places filled. A place has one member that takes jobs and, while that one is on its last jobs, a spare
 * that is loading already. A member that dies is replaced at once when it had been of use, and with growing delays when
 * it had not: after five such deaths in a row a place is tried only every half minute.
 */
import { Backoff } from '../../core/kernel/backoff.js';
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import type { MemberState } from './member-handle.js';

const BACKOFF = { initialMs: 50, maxMs: 2_000 };
const BREAKER_AFTER = 5;
const BREAKER_DELAY_MS = 30_000;

/** A member as far as the roster is concerned. */
export interface RosterMember {
  readonly index: number;
  readonly state: MemberState;
}

interface Place<M> {
  readonly index: number;
  current: M | null;
  spare: M | null;
  respawn: TimerHandle | null;
  readonly backoff: Backoff;
}

export interface RosterOptions<M> {
  readonly clock: Clock;
  readonly random: Random;
  readonly spawn: (index: number, epoch: number) => M;
  /** The set of members that take jobs has changed. */
  readonly onChange: (feedable: readonly M[]) => void;
}

export class Roster<M extends RosterMember> {
  /** Every member whose thread has not ended. */
  readonly members = new Set<M>();
  readonly #options: RosterOptions<M>;
  readonly #places: Place<M>[] = [];
  /** The last epoch of each place, kept when the place goes: one that comes back must not repeat an epoch (G12). */
  readonly #epochs: number[] = [];
  #isClosed = false;

  constructor(options: RosterOptions<M>) {
    this.#options = options;
  }

  get size(): number {
    return this.#places.length;
  }

  /** Adds places, or takes the last ones away; answers the members that lost theirs: they are to be retired. */
  resize(size: number): readonly M[] {
    const removed: M[] = [];
    while (this.#places.length > size) {
      const place = this.#places.pop() as Place<M>;
      place.respawn?.cancel();
      for (const member of [place.current, place.spare]) if (member !== null) removed.push(member);
    }
    while (this.#places.length < size) this.#addPlace();
    this.changed();
    return removed;
  }

  /** Tells which members take jobs now. */
  changed(): void {
    const feedable: M[] = [];
    for (const { current } of this.#places) if (current?.state === 'ready') feedable.push(current);
    this.#options.onChange(feedable);
  }

  /** Starts the replacement of a member that will end soon. */
  prepareSpare(member: M): void {
    const place = this.#placeOf(member);
    if (place === null || place.current !== member || place.spare !== null || this.#isClosed) return;
    // The last one came to nothing: the next is tried when it is needed, with the delays of a place that fails.
    if (place.backoff.attempt > 0) return;
    place.spare = this.#spawn(place);
  }

  /** Starts a member beside the first one that takes jobs and has no replacement yet; null when there is none. */
  startSpare(): M | null {
    if (this.#isClosed) return null;
    const place = this.#places.find(({ current, spare }) => current?.state === 'ready' && spare === null);
    if (place === undefined) return null;
    place.spare = this.#spawn(place);
    return place.spare;
  }

  /** The member had been of use and takes no more jobs: its spare, if any, has the place now. */
  release(member: M): void {
    const place = this.#placeOf(member);
    if (place?.current === member) {
      place.backoff.reset();
      place.current = place.spare;
      place.spare = null;
      if (place.current === null) this.#refill(place, true);
    }
    this.changed();
  }

  /**
   * The member's thread has ended.
   * @param wasUseful it had been of use, or was ready when the pool ended it.
   */
  gone(member: M, wasUseful: boolean): void {
    this.members.delete(member);
    const place = this.#placeOf(member);
    if (place === null) return;
    if (wasUseful) place.backoff.reset();
    if (place.spare === member) {
      place.spare = null;
      if (!wasUseful) place.backoff.nextMs();
    } else {
      place.current = place.spare;
      place.spare = null;
    }
    if (place.current === null) this.#refill(place, wasUseful);
    this.changed();
  }

  /** Nothing is replaced any more. */
  close(): void {
    this.#isClosed = true;
    for (const place of this.#places) place.respawn?.cancel();
  }

  #addPlace(): void {
    const backoff = new Backoff(BACKOFF, this.#options.random);
    const place: Place<M> = {
      index: this.#places.length,
      current: null,
      spare: null,
      respawn: null,
      backoff,
    };
    this.#places.push(place);
    place.current = this.#spawn(place);
  }

  #spawn(place: Place<M>): M {
    const epoch = (this.#epochs[place.index] ?? 0) + 1;
    this.#epochs[place.index] = epoch;
    const member = this.#options.spawn(place.index, epoch);
    this.members.add(member);
    return member;
  }

  #refill(place: Place<M>, isAtOnce: boolean): void {
    if (this.#isClosed || place.respawn !== null) return;
    if (isAtOnce) {
      place.current = this.#spawn(place);
      return;
    }
    const delayMs = place.backoff.attempt >= BREAKER_AFTER - 1 ? BREAKER_DELAY_MS : place.backoff.nextMs();
    place.respawn = this.#options.clock.after(
      delayMs,
      () => {
        place.respawn = null;
        place.current = this.#spawn(place);
        this.changed();
      },
      { keepsAlive: false },
    );
  }

  #placeOf(member: M): Place<M> | null {
    const place = this.#places[member.index];
    return place !== undefined && (place.current === member || place.spare === member) ? place : null;
  }
}
