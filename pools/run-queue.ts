/**
 * Runs that wait for a member, by priority and then in order. A bucket for each priority: everything is O(1), and a run
 * that is given up while it waits is stepped over later. Host thread.
 */
import { Fifo } from '../core/kernel/fifo.js';

/** Priorities are whole numbers from 0 to this; higher goes first. */
export const MAX_PRIORITY = 9;
/** So many runs that were given up may stand in the queue before it is swept. */
const SWEEP_AFTER = 1024;

export interface QueuedRun {
  readonly priority: number;
  readonly isSettled: boolean;
}

export class RunQueue<R extends QueuedRun> {
  readonly #buckets: readonly Fifo<R>[] = Array.from({ length: MAX_PRIORITY + 1 }, () => new Fifo<R>());
  /** Nothing waits above it. */
  #highest = 0;
  #size = 0;
  #forgotten = 0;

  /** Runs that wait and were not given up. */
  get size(): number {
    return this.#size;
  }

  push(run: R): void {
    (this.#buckets[run.priority] as Fifo<R>).push(run);
    this.#size++;
    if (run.priority > this.#highest) this.#highest = run.priority;
  }

  /** The run that goes first; undefined when none waits. */
  peek(): R | undefined {
    for (;;) {
      const bucket = this.#buckets[this.#highest] as Fifo<R>;
      const run = bucket.peek();
      if (run === undefined) {
        if (this.#highest === 0) return undefined;
        this.#highest--;
      } else if (run.isSettled) {
        bucket.shift();
        this.#forgotten--;
      } else return run;
    }
  }

  /** Removes what `peek` has answered. */
  shift(): void {
    (this.#buckets[this.#highest] as Fifo<R>).shift();
    this.#size--;
  }

  /** One of the waiting runs is settled: it waits no longer. */
  forget(): void {
    this.#size--;
    this.#forgotten++;
    if (this.#forgotten < SWEEP_AFTER || this.#forgotten < this.#size) return;
    for (const bucket of this.#buckets) {
      for (const run of bucket.takeAll()) if (!run.isSettled) bucket.push(run);
    }
    this.#forgotten = 0;
  }
}
