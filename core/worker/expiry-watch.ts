/**
 * Requests with an expiry that stand in a lane: a member behind a long task may not claim one for a while, and one that is
 * too late by then is taken back (WORK-23). Only requests that can expire are known here. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { TimerWheel, type WheelTimer } from '../kernel/timer-wheel.js';
import type { Request } from './request.js';

export class ExpiryWatch {
  readonly #clock: Clock;
  readonly #wheel: TimerWheel<Request>;
  readonly #timers = new Map<Request, WheelTimer<Request>>();

  constructor(clock: Clock, onExpired: (request: Request) => void) {
    this.#clock = clock;
    this.#wheel = new TimerWheel<Request>({
      clock,
      onDue: (requests) => {
        for (const request of requests) {
          this.#timers.delete(request);
          onExpired(request);
        }
      },
    });
  }

  watch(request: Request, expiresEpochMs: number): void {
    // A message is in time until its very millisecond has passed.
    const delayMs = expiresEpochMs - this.#clock.nowEpochMs() + 1;
    this.#timers.set(request, this.#wheel.add(request, this.#clock.nowMonoMs() + delayMs));
  }

  forget(request: Request): void {
    const timer = this.#timers.get(request);
    if (timer === undefined) return;
    this.#timers.delete(request);
    this.#wheel.cancel(timer);
  }
}
