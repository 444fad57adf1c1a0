/**
 * Waiting awake for the next task after one or a few, for at most 50 µs: callers that wait for their answers come back with
 * the next before a member would have fallen asleep. Not while promises are pending, which need the event loop, nor after
 * a large batch, when the host has its hands full and the core may be wanted elsewhere. Runs before the member parks, so
 * it has no part in the protocol of bells.
 */
import type { Clock } from '../../../core/kernel/clock.js';
import type { RingConsumer } from '../../ring/ring-consumer.js';
import { ShortWait } from '../short-wait.js';

const WAIT_MS = 0.05;
/** Looks at the ring between two looks at the clock, which cost as much as several of them. */
const LOOKS = 8;

export class AwakeWait {
  readonly #tasks: RingConsumer;
  readonly #clock: Clock;
  readonly #shortWait = new ShortWait();

  constructor(tasks: RingConsumer, clock: Clock) {
    this.#tasks = tasks;
    this.#clock = clock;
  }

  /** Whether a task has come. Blocks the thread; often does not wait at all. */
  bringsTask(): boolean {
    if (!this.#shortWait.begins()) return false;
    const endMs = this.#clock.nowMonoMs() + WAIT_MS;
    do {
      for (let look = 0; look < LOOKS; look++) {
        if (!this.#tasks.refresh()) continue;
        this.#shortWait.paid();
        return true;
      }
    } while (this.#clock.nowMonoMs() < endMs);
    this.#shortWait.failed();
    return false;
  }
}
