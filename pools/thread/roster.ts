/**
 * Keeps the pool's places filled. A member that dies is replaced at once when it had been of use, and with growing delays
 * when it had not (place.ts). What replaces it is the spare that was started for it, else a warm spare, else a new one.
 */
import type { Clock } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import { Attempts, type Place, type PlacedMember } from './place.js';
import { WarmSpares } from './warm-spares.js';

/** Index of the members that have no place: beyond every pool's size. */
export const WARM_INDEX = 1024;

export interface RosterOptions<M> {
  readonly clock: Clock;
  readonly random: Random;
  readonly spawn: (index: number, epoch: number) => M;
  /** The set of members that take jobs has changed. */
  readonly onChange: (feedable: readonly M[]) => void;
  /** Members of a place came to nothing so often that the next is tried after this time only, ms; the last of them. */
  readonly onHeldBack?: (member: M, delayMs: number) => void;
}

export class Roster<M extends PlacedMember> {
  /** Every member whose thread has not ended. */
  readonly members = new Set<M>();
  readonly #options: RosterOptions<M>;
  readonly #places: Place<M>[] = [];
  readonly #warm: WarmSpares<M>;
  /** Place → its last epoch, kept when the place goes: one that comes back must not repeat an epoch (G12). */
  readonly #epochs = new Map<number, number>();
  #isClosed = false;

  constructor(options: RosterOptions<M>) {
    this.#options = options;
    const { clock, random } = options;
    this.#warm = new WarmSpares({ clock, random, spawn: () => this.#spawn(WARM_INDEX) });
  }

  get size(): number {
    return this.#places.length;
  }

  /** Warm spares that could take a place now. */
  get warmCount(): number {
    return this.#warm.readyCount;
  }

  /** Starts so many members beyond the size, and keeps that number. */
  keepWarm(count: number): void {
    if (!this.#isClosed) this.#warm.keep(count);
  }

  /** Adds places, or takes the last ones away; answers the members that lost theirs: they are to be retired. */
  resize(size: number): readonly M[] {
    const removed: M[] = [];
    while (this.#places.length > size) {
      const place = this.#places.pop() as Place<M>;
      place.attempts.cancel();
      for (const member of [place.current, place.spare]) if (member !== null) removed.push(member);
    }
    while (this.#places.length < size) this.#addPlace();
    this.#warm.fill();
    this.changed();
    return removed;
  }

  /** Tells which members take jobs now. */
  changed(): void {
    const feedable: M[] = [];
    for (const { current } of this.#places) if (current?.state === 'ready') feedable.push(current);
    this.#options.onChange(feedable);
  }

  /** The replacement of a member that will end soon, started if need be; null when it has to leave without one. */
  spareFor(member: M): M | null {
    const place = this.#placeOf(member);
    if (place === null || place.current !== member || this.#isClosed) return null;
    // The last one came to nothing: tried with the delays of a place that fails, or at once when the place is empty.
    if (place.spare === null && place.attempts.isFailing) return null;
    place.spare ??= this.#takeWarm(place) ?? this.#spawn(place.index);
    this.#warm.fill();
    return place.spare;
  }

  /** Starts a member beside the first one that takes jobs and has no replacement yet; null when there is none. */
  startSpare(): M | null {
    if (this.#isClosed) return null;
    const place = this.#places.find(({ current, spare }) => current?.state === 'ready' && spare === null);
    if (place === undefined) return null;
    place.spare = this.#spawn(place.index);
    return place.spare;
  }

  /** The member had been of use and takes no more jobs: what replaces it has the place now. */
  release(member: M): void {
    const place = this.#placeOf(member);
    if (place?.current === member) {
      place.attempts.succeeded();
      this.#succeed(place, true, member);
    }
    this.changed();
  }

  /**
   * The member's thread has ended.
   * @param wasUseful it had been of use, or was ready when the pool ended it.
   */
  gone(member: M, wasUseful: boolean): void {
    this.members.delete(member);
    if (this.#warm.gone(member, wasUseful)) return;
    const place = this.#placeOf(member);
    if (place === null) return;
    if (wasUseful) place.attempts.succeeded();
    if (place.spare === member) {
      place.spare = null;
      if (!wasUseful) place.attempts.failed();
    } else this.#succeed(place, wasUseful, member);
    this.changed();
  }

  /** Nothing is replaced any more. */
  close(): void {
    this.#isClosed = true;
    this.#warm.close();
    for (const place of this.#places) place.attempts.cancel();
  }

  #addPlace(): void {
    const { clock, random } = this.#options;
    const place: Place<M> = {
      index: this.#places.length,
      current: null,
      spare: null,
      attempts: new Attempts(clock, random),
    };
    this.#places.push(place);
    place.current = this.#takeWarm(place) ?? this.#spawn(place.index);
  }

  #spawn(index: number): M {
    const member = this.#options.spawn(index, this.#nextEpoch(index));
    this.members.add(member);
    return member;
  }

  #nextEpoch(index: number): number {
    const epoch = (this.#epochs.get(index) ?? 0) + 1;
    this.#epochs.set(index, epoch);
    return epoch;
  }

  #takeWarm(place: Place<M>): M | null {
    const warm = this.#isClosed ? null : this.#warm.take();
    warm?.takePlace(place.index, this.#nextEpoch(place.index));
    return warm;
  }

  /** Fills the place of `last`, which is gone. @param isAtOnce whether a new one may be started now */
  #succeed(place: Place<M>, isAtOnce: boolean, last: M): void {
    const { spare } = place;
    place.spare = null;
    place.current = spare?.state === 'ready' ? spare : this.#takeWarm(place);
    if (place.current === null) {
      place.current = spare;
      if (spare === null) this.#refill(place, isAtOnce, last);
    } else if (spare !== null && spare !== place.current) this.#warm.put(spare);
    this.#warm.fill();
  }

  #refill(place: Place<M>, isAtOnce: boolean, last: M): void {
    if (this.#isClosed || place.attempts.isWaiting) return;
    if (isAtOnce) {
      place.current = this.#spawn(place.index);
      return;
    }
    const heldBackMs = place.attempts.later(() => {
      place.current = this.#takeWarm(place) ?? this.#spawn(place.index);
      this.#warm.fill();
      this.changed();
    });
    if (heldBackMs !== null) this.#options.onHeldBack?.(last, heldBackMs);
  }

  #placeOf(member: M): Place<M> | null {
    const place = this.#places[member.index];
    return place !== undefined && (place.current === member || place.spare === member) ? place : null;
  }
}
