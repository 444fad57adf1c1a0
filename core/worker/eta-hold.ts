/**
 * Requests that are not due yet (WORK-24 to 26): held in a timer wheel, unsettled, with the prefetch window raised by one
 * for each. What is far off, or more than the worker may hold, goes back to a broker that keeps delays itself (B10, B11).
 * Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { TimerWheel, type WheelTimer } from '../kernel/timer-wheel.js';
import type { Settings } from '../settings/table.js';
import type { PrefetchWindow } from './prefetch-window.js';
import type { Request } from './request.js';

/** With a broker that keeps delays only what is nearer than this is worth holding, ms. */
const NEAR_MS = 10_000;

export interface EtaHoldOptions {
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'workerEtaTaskLimit' | 'workerEtaMaxBytes'>;
  /** The broker keeps a delay itself. */
  readonly hasNativeDelay: boolean;
  readonly window: Pick<PrefetchWindow, 'raise' | 'lower'>;
  /** Gets what is due, in order of time. */
  readonly onDue: (requests: readonly Request[]) => void;
}

export class EtaHold {
  readonly #options: EtaHoldOptions;
  readonly #wheel: TimerWheel<Request>;
  readonly #held = new Map<Request, WheelTimer<Request>>();
  /** Those of them for which the window was not raised: few, and an object for each of the others would cost megabytes. */
  readonly #beyond = new Set<Request>();
  #bytes = 0;

  constructor(options: EtaHoldOptions) {
    this.#options = options;
    this.#wheel = new TimerWheel<Request>({
      clock: options.clock,
      onDue: (requests) => {
        for (const request of requests) this.#release(request);
        options.onDue(requests);
      },
    });
  }

  get size(): number {
    return this.#held.size;
  }

  /** The held requests, in no order. */
  requests(): Iterable<Request> {
    return this.#held.keys();
  }

  /** Holds a request for `delayMs`; false when it is to go back to the broker for so long. */
  hold(request: Request, delayMs: number): boolean {
    const { clock, hasNativeDelay, window } = this.#options;
    const hasRoom = this.#hasRoom(request);
    if (hasNativeDelay && (delayMs > NEAR_MS || !hasRoom)) return false;
    this.#held.set(request, this.#wheel.add(request, clock.nowMonoMs() + delayMs));
    this.#bytes += request.body.length;
    // Beyond its bounds the worker holds what it has and takes no more in its place.
    if (hasRoom) window.raise();
    else this.#beyond.add(request);
    return true;
  }

  /** Gives a request up; false when it is not held. */
  remove(request: Request): boolean {
    const timer = this.#held.get(request);
    if (timer === undefined) return false;
    this.#wheel.cancel(timer);
    this.#release(request);
    return true;
  }

  takeAll(): readonly Request[] {
    const requests = this.#wheel.takeAll();
    for (const request of requests) this.#release(request);
    return requests;
  }

  #hasRoom(request: Request): boolean {
    const { workerEtaTaskLimit, workerEtaMaxBytes } = this.#options.settings;
    if (workerEtaTaskLimit !== null && this.#held.size >= workerEtaTaskLimit) return false;
    return this.#bytes + request.body.length <= workerEtaMaxBytes;
  }

  #release(request: Request): void {
    if (!this.#held.delete(request)) return;
    this.#bytes -= request.body.length;
    if (!this.#beyond.delete(request)) this.#options.window.lower();
  }
}
