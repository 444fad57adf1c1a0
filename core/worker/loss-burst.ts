/**
 * Members that die one after the other (WORK-57): Celery ends the worker when more than 100 for each place are replaced
 * within a second, whatever each has done before it died. So does this one, once, with the last cause; members that
 * never come up are held back before that by their pool, with growing delays. Host thread; called for each loss.
 */
import type { Clock } from '../kernel/clock.js';
import { PoolError } from '../kernel/errors.js';

const WITHIN_MS = 1_000;

export interface LossBurstOptions {
  readonly clock: Clock;
  /** Losses for each place. */
  readonly perMember: number;
  /** Places of the pool now. */
  readonly size: () => number;
  /** Once. */
  readonly onBurst: (error: PoolError) => void;
}

export class LossBurst {
  readonly #options: LossBurstOptions;
  /** When members were lost, the oldest first, monotonic ms. */
  #losses: number[] = [];
  #isOver = false;

  constructor(options: LossBurstOptions) {
    this.#options = options;
  }

  note(cause: Error): void {
    const { clock, perMember, size, onBurst } = this.#options;
    if (this.#isOver) return;
    const nowMs = clock.nowMonoMs();
    this.#losses = this.#losses.filter((atMs) => nowMs - atMs < WITHIN_MS);
    this.#losses.push(nowMs);
    if (this.#losses.length <= size() * perMember) return;
    this.#isOver = true;
    const count = String(this.#losses.length);
    onBurst(new PoolError(`${count} members were lost within a second, the last one: ${cause.message}`, { cause }));
  }
}
