/**
 * Members beyond the size of the pool that are READY and idle: whoever loses a member takes one of them, without waiting
 * until a new one has loaded. They are started in the background, and have no place until one is taken. Host thread.
 */
import type { Clock } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import { Attempts, type PlacedMember } from './place.js';

export interface WarmSparesOptions<M> {
  readonly clock: Clock;
  readonly random: Random;
  readonly spawn: () => M;
}

export class WarmSpares<M extends PlacedMember> {
  readonly #options: WarmSparesOptions<M>;
  readonly #members = new Set<M>();
  readonly #attempts: Attempts;
  #count = 0;

  constructor(options: WarmSparesOptions<M>) {
    this.#options = options;
    this.#attempts = new Attempts(options.clock, options.random);
  }

  /** Those that could take a place now. */
  get readyCount(): number {
    let count = 0;
    for (const { state } of this.#members) if (state === 'ready') count++;
    return count;
  }

  /** Keeps so many from here on. */
  keep(count: number): void {
    this.#count = count;
    this.fill();
  }

  /** Starts what is missing; those that were put in beside count, too. */
  fill(): void {
    if (this.#attempts.isWaiting) return;
    let usable = 0;
    for (const { state } of this.#members) if (state === 'ready' || state === 'spawning') usable++;
    for (; usable < this.#count; usable++) this.#members.add(this.#options.spawn());
  }

  /** One that is ready; null when there is none. The next is started when `fill` is called. */
  take(): M | null {
    for (const member of this.#members) {
      if (member.state !== 'ready') continue;
      this.#members.delete(member);
      return member;
    }
    return null;
  }

  /** One that was started for a place which has another by now. */
  put(member: M): void {
    this.#members.add(member);
  }

  /** Its thread has ended; answers whether it was one of these. */
  gone(member: M, wasUseful: boolean): boolean {
    if (!this.#members.delete(member)) return false;
    if (wasUseful) this.#attempts.succeeded();
    if (wasUseful || this.#attempts.isWaiting) this.fill();
    else {
      this.#attempts.later(() => {
        this.fill();
      });
    }
    return true;
  }

  /** None is started any more. */
  close(): void {
    this.#count = 0;
    this.#attempts.cancel();
  }
}
