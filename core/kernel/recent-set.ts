/**
 * A set of names that forgets: the oldest beyond a number, and each after a time (WORK-63). Times are wall-clock, since
 * they are kept in files and told to other hosts (BUG-08). Whoever adds pays for the forgetting; looking is one lookup.
 */
import type { Clock } from './clock.js';

export interface RecentSetOptions {
  readonly maxSize: number;
  readonly expiresMs: number;
  readonly clock: Clock;
}

export class RecentSet {
  readonly #options: RecentSetOptions;
  /** name → when it was added, epoch ms; oldest first. */
  readonly #added = new Map<string, number>();

  constructor(options: RecentSetOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#added.size;
  }

  /** @param addedEpochMs when it became known; never in the future. @defaultValue now */
  add(name: string, addedEpochMs?: number): void {
    const { clock, maxSize } = this.#options;
    const nowEpochMs = clock.nowEpochMs();
    this.#added.delete(name);
    this.#added.set(name, Math.min(addedEpochMs ?? nowEpochMs, nowEpochMs));
    // Never a walk through all: once it is full, every name that is added comes by here, for a worker each task.
    if (this.#added.size > maxSize) this.#forgetOldest();
  }

  has(name: string): boolean {
    const added = this.#added.get(name);
    return added !== undefined && this.#options.clock.nowEpochMs() - added < this.#options.expiresMs;
  }

  /** Forgets what is too old. */
  purge(): void {
    const { clock, expiresMs } = this.#options;
    const oldest = clock.nowEpochMs() - expiresMs;
    for (const [name, added] of this.#added) {
      // Not in order of time where a file was merged: every one is looked at.
      if (added <= oldest) this.#added.delete(name);
    }
  }

  /** Names with the time at which they were added, oldest first; without what has expired. */
  entries(): readonly (readonly [name: string, addedEpochMs: number])[] {
    this.purge();
    return [...this.#added];
  }

  #forgetOldest(): void {
    for (const name of this.#added.keys()) {
      if (this.#added.size <= this.#options.maxSize) return;
      this.#added.delete(name);
    }
  }
}
