/**
 * Between consumer and pool: deliveries become requests, requests wait for room in the pool in order, runs that end are
 * judged and settled. Holds the set of requests in hand. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { failpoints } from '../kernel/failpoint.js';
import { Fifo } from '../kernel/fifo.js';
import { State } from '../kernel/states.js';
import type { MemberInfo, Pool } from '../ports/pool.js';
import type { StoredResult } from '../ports/backend.js';
import type { Delivery } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import { startedDocument } from '../task/result-documents.js';
import { Judge } from './judge.js';
import type { Request, RequestListener, RunEnd } from './request.js';
import type { Settler } from './settler.js';
import { Strategy } from './strategy.js';
import type { TaskLog } from './task-log.js';
import type { TaskPlan } from './task-plan.js';
import { ACK, HAND_BACK, verdict, type Verdict } from './verdict.js';

export interface IntakeOptions {
  readonly pool: Pool;
  readonly settler: Settler;
  readonly plans: ReadonlyMap<string, TaskPlan>;
  readonly settings: Settings;
  readonly log: TaskLog;
  /** Stores STARTED; nobody waits for it. */
  readonly storeState: (result: StoredResult) => void;
  readonly hostname: string;
  readonly clock: Clock;
}

/** Verdicts under way at which no further request is started. */
const MAX_UNSETTLED = 20_000;

export class Intake implements RequestListener {
  readonly #options: IntakeOptions;
  readonly #strategy: Strategy;
  readonly #judge: Judge;
  /** Requests without room in the pool, oldest first. */
  readonly #waiting = new Fifo<Request>();
  readonly #inHand = new Set<Request>();
  /** Of these, the ones that wait or run. */
  #unfinished = 0;
  #isOpen = true;
  #onDrained: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    const { plans, settings, clock } = options;
    this.#options = options;
    this.#judge = new Judge(settings, clock);
    this.#strategy = new Strategy({ plans, settings, judge: this.#judge, listener: this, clock });
  }

  /** Requests that are reserved and not settled. */
  get size(): number {
    return this.#inHand.size;
  }

  receive(batch: readonly Delivery[]): void {
    for (const delivery of batch) this.#receiveOne(delivery);
    failpoints?.reach('afterClaimBeforeDispatch');
    this.feed();
  }

  /**
   * Hands waiting requests to the pool until it has no room, or too much waits to be settled: early acknowledgement takes
   * the broker's window away, and a store that is gone must not fill the memory. Called with new requests, by the pool's
   * `onRoom`, and as requests are settled.
   */
  feed(): void {
    const { pool, settler } = this.#options;
    while (this.#isOpen && settler.pending < MAX_UNSETTLED) {
      const request = this.#waiting.peek();
      if (request === undefined || !pool.submit(request)) return;
      this.#waiting.shift();
      request.machine.to('dispatched');
    }
  }

  /** Stops feeding and hands back what no member has started. Running requests go on. */
  handBackUnstarted(): void {
    this.#isOpen = false;
    this.dropUnstarted();
  }

  /** Hands back what no member has started: also when the epoch is over and the broker gives it to somebody else. */
  dropUnstarted(): void {
    for (const request of this.#waiting.takeAll()) this.#handBack(request);
    for (const request of this.#inHand) {
      if (!request.machine.is('dispatched')) continue;
      if (this.#options.pool.cancel(request, { terminate: false }) === 'recalled') this.#handBack(request);
    }
  }

  /** Resolves when no request waits or runs; those that have ended may still be on their way through the settler. */
  drained(): Promise<void> {
    if (this.#unfinished === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  onStart(request: Request, member: MemberInfo): void {
    const { settler, hostname, storeState } = this.#options;
    if (!request.plan.acksLate) {
      request.isAcked = true;
      settler.settle(request.delivery, verdict(ACK), () => undefined);
    }
    if (request.plan.tracksStarted && !request.ignoresResult) {
      const document = startedDocument(request.message, {
        pid: process.pid,
        hostname,
        threadId: member.threadId,
      });
      storeState({ taskId: request.message.id, state: State.STARTED, document: Buffer.from(document) });
    }
  }

  onEnd(request: Request, end: RunEnd): void {
    this.#options.log.ended(request, end);
    this.#settle(request, this.#judge.judge(request, end));
  }

  #receiveOne(delivery: Delivery): void {
    const received = this.#strategy.receive(delivery);
    if (received.kind === 'request') {
      this.#options.log.received(received.request.message);
      this.#inHand.add(received.request);
      this.#unfinished++;
      this.#waiting.push(received.request);
      // After the end of intake a last batch may still arrive: it goes straight back.
      if (!this.#isOpen) this.handBackUnstarted();
      return;
    }
    this.#options.log.refused(received.message, received.note, delivery.queue);
    this.#options.settler.settle(delivery, received.verdict, () => undefined);
  }

  #handBack(request: Request): void {
    request.machine.to('settling');
    this.#settle(request, verdict(HAND_BACK));
  }

  #settle(request: Request, decided: Verdict): void {
    this.#options.settler.settle(request.delivery, decided, () => {
      request.machine.to('settled');
      this.#inHand.delete(request);
      if (this.#waiting.size > 0) this.feed();
    });
    this.#unfinished--;
    if (this.#unfinished > 0) return;
    const waiting = this.#onDrained;
    this.#onDrained = [];
    for (const resolve of waiting) resolve();
  }
}
