/**
 * Between receipt and pool: a request whose time has not come is held until its ETA, one whose task has a rate limit until
 * its turn, one that comes again until the store has said that it did not succeed before (TASK-58). The usual request
 * passes at the cost of three branches. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import type { Settings } from '../settings/table.js';
import { EtaHold } from './eta-hold.js';
import type { PrefetchWindow } from './prefetch-window.js';
import type { Request } from './request.js';
import { TaskBuckets } from './task-buckets.js';
import type { TaskPlan } from './task-plan.js';

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly plans: ReadonlyMap<string, TaskPlan>;
  readonly hasNativeDelay: boolean;
  readonly window: PrefetchWindow;
  /** Whether it has succeeded before; asked of what is delivered again. null: nobody looks. */
  readonly hasSucceeded: ((request: Request) => Promise<boolean>) | null;
  /** These may run now, in this order. */
  readonly onAdmitted: (requests: readonly Request[]) => void;
  /** It goes back to its queue for so long. */
  readonly onPutOff: (request: Request, delayMs: number) => void;
  /** It is not to run: it has succeeded before. */
  readonly onRepeated: (request: Request) => void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #etas: EtaHold;
  readonly #buckets: TaskBuckets;
  readonly #checking = new Set<Request>();

  constructor(options: AdmissionOptions) {
    const { clock, settings, plans, hasNativeDelay, window } = options;
    this.#options = options;
    this.#etas = new EtaHold({
      clock,
      settings,
      hasNativeDelay,
      window,
      onDue: (requests) => {
        this.#onDue(requests);
      },
    });
    this.#buckets = new TaskBuckets({
      clock,
      hasNativeDelay,
      window,
      onTurn: (request) => {
        request.machine.to('reserved');
        options.onAdmitted([request]);
      },
    });
    for (const { name, ratePerSecond } of plans.values()) {
      if (ratePerSecond !== null) this.#buckets.setLimit(name, ratePerSecond);
    }
  }

  /** Requests that are held until their ETA. */
  scheduled(): Iterable<Request> {
    return this.#etas.requests();
  }

  /** Requests that are held here, for whatever reason. */
  get heldCount(): number {
    return this.#checking.size + this.#etas.size + this.#buckets.waiting;
  }

  /** WORK-33: tokens a second, null for no limit. */
  setRateLimit(taskName: string, ratePerSecond: number | null): void {
    this.#buckets.setLimit(taskName, ratePerSecond);
  }

  rateLimitOf(taskName: string): number | null {
    return this.#buckets.rateOf(taskName);
  }

  /** True when the request may run at once; else it is held, or put off, and a callback tells of it. */
  admit(request: Request): boolean {
    if (this.#options.hasSucceeded !== null && request.delivery.redelivered && request.plan.acksLate) {
      this.#check(request);
      return false;
    }
    return this.#schedule(request);
  }

  /** Gives up a request that is held here. */
  remove(request: Request): void {
    if (this.#checking.delete(request) || this.#etas.remove(request)) return;
    this.#buckets.remove(request);
  }

  /** Gives up everything that is held here. */
  takeAll(): readonly Request[] {
    const checking = [...this.#checking];
    this.#checking.clear();
    return [...checking, ...this.#etas.takeAll(), ...this.#buckets.takeAll()];
  }

  #schedule(request: Request): boolean {
    const { dueEpochMs } = request;
    if (dueEpochMs !== null) {
      const delayMs = dueEpochMs - this.#options.clock.nowEpochMs();
      if (delayMs > 0) {
        this.#hold(request, delayMs);
        return false;
      }
    }
    return this.#buckets.isEmpty || this.#takeTurn(request);
  }

  #hold(request: Request, delayMs: number): void {
    if (this.#etas.hold(request, delayMs)) request.machine.to('scheduled');
    else this.#options.onPutOff(request, delayMs);
  }

  /** The wheel runs on the monotonic clock: where the wall clock was set back meanwhile, a request waits once more. */
  #onDue(requests: readonly Request[]): void {
    const due = requests.filter((request) => {
      request.machine.to('reserved');
      return this.#schedule(request);
    });
    if (due.length > 0) this.#options.onAdmitted(due);
  }

  #takeTurn(request: Request): boolean {
    const turn = this.#buckets.offer(request);
    if (turn === 'go') return true;
    if (turn === 'wait') request.machine.to('limited');
    else this.#options.onPutOff(request, turn);
    return false;
  }

  #check(request: Request): void {
    const { hasSucceeded, onAdmitted, onRepeated } = this.#options;
    this.#checking.add(request);
    request.machine.to('checking');
    const go = (isRepeated: boolean): void => {
      // Given up meanwhile.
      if (!this.#checking.delete(request)) return;
      request.machine.to('reserved');
      if (isRepeated) onRepeated(request);
      else if (this.#schedule(request)) onAdmitted([request]);
    };
    hasSucceeded?.(request).then(go, () => {
      // A store that cannot be read must not hold the message: running it twice is what at-least-once means.
      go(false);
    });
  }
}
