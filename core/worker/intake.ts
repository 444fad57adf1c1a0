/**
 * Between consumer and pool: deliveries become requests, requests wait for room in the pool in order, runs that end are
 * judged and settled. Holds the set of requests in hand, so it is what revokes and inspection look at. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { TerminatedError } from '../kernel/errors.js';
import { failpoints } from '../kernel/failpoint.js';
import { Fifo } from '../kernel/fifo.js';
import { State } from '../kernel/states.js';
import type { MemberInfo, Pool } from '../ports/pool.js';
import type { StoredResult } from '../ports/backend.js';
import type { Delivery } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import { OutcomeKind } from '../task/outcome-record.js';
import { startedDocument } from '../task/result-documents.js';
import { Admission } from './admission.js';
import type { CrashGuard } from './crashes/crash-guard.js';
import { Epilogues } from './epilogues.js';
import { ExpiryWatch } from './expiry-watch.js';
import { Judge } from './judge.js';
import type { TaskTallies } from './metrics/task-tallies.js';
import type { PrefetchWindow } from './prefetch-window.js';
import type { Request, RequestListener, RunEnd } from './request.js';
import type { RevokedTasks } from './revoked-tasks.js';
import type { Settler } from './settler.js';
import { Strategy, type DiscardReason, type Refusal } from './strategy.js';
import type { SuccessfulTasks } from './successful-tasks.js';
import type { TaskLog } from './task-log.js';
import type { TaskPlan } from './task-plan.js';
import type { TaskSignals } from './task-signals.js';
import { ACK, ALREADY_ACKED, HAND_BACK, verdict, type Verdict } from './verdict.js';

export interface IntakeOptions {
  readonly pool: Pool;
  readonly settler: Settler;
  readonly plans: ReadonlyMap<string, TaskPlan>;
  readonly settings: Settings;
  readonly log: TaskLog;
  readonly signals: TaskSignals;
  readonly revoked: RevokedTasks;
  /** null: what is delivered again runs again. */
  readonly successes: SuccessfulTasks | null;
  readonly window: PrefetchWindow;
  readonly tallies: TaskTallies;
  /** null: nobody looks after this process. */
  readonly guard: CrashGuard | null;
  /** The broker keeps delays itself. */
  readonly hasNativeDelay: boolean;
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
  readonly admission: Admission;
  readonly #expiry: ExpiryWatch;
  readonly #epilogues: Epilogues;
  /** Requests without room in the pool, oldest first. */
  readonly #waiting = new Fifo<Request>();
  readonly #inHand = new Set<Request>();
  /** Task → requests received. */
  readonly totals = new Map<string, number>();
  /** Of these, the ones that wait or run. */
  #unfinished = 0;
  #forgetsTimeLimits = false;
  #isOpen = true;
  #onDrained: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    const { plans, settings, clock, revoked, successes, guard, window, hasNativeDelay } = options;
    this.#options = options;
    this.#judge = new Judge(settings, clock);
    this.#strategy = new Strategy({ plans, settings, judge: this.#judge, revoked, guard, listener: this, clock });
    this.#epilogues = new Epilogues({
      pool: options.pool,
      judge: this.#judge,
      log: options.log,
      clock,
      loadMs: settings.workerProcAliveTimeout * 1_000,
      onVerdict: (request, decided) => {
        options.guard?.clear(request.message.id);
        this.#settle(request, decided);
      },
    });
    this.#expiry = new ExpiryWatch(clock, (request) => {
      if (request.machine.is('dispatched') && options.pool.recall(request)) this.#discard(request, 'expired');
    });
    this.admission = new Admission({
      clock,
      settings,
      plans,
      hasNativeDelay,
      window,
      hasSucceeded: successes === null ? null : (request) => successes.has(request.message.id),
      onAdmitted: this.#onAdmitted,
      onPutOff: (request, delayMs) => {
        this.#end(request, verdict({ kind: 'requeue', counts: false, delayMs: Math.ceil(delayMs) }));
      },
      onRepeated: (request) => {
        options.log.repeated(request.message);
        this.#end(request, verdict(request.isAcked ? ALREADY_ACKED : ACK));
      },
    });
  }

  /** Requests that are reserved and not settled. */
  get size(): number {
    return this.#inHand.size;
  }

  /** Requests that wait for the pool, or run: none that is held until later. */
  get reservedCount(): number {
    return this.#unfinished - this.admission.heldCount;
  }

  /** Every request in hand. */
  requests(): Iterable<Request> {
    return this.#inHand;
  }

  receive(batch: readonly Delivery[]): void {
    const nowMonoMs = this.#options.clock.nowMonoMs();
    for (const delivery of batch) this.#receiveOne(delivery, nowMonoMs);
    failpoints?.reach('afterClaimBeforeDispatch');
    this.feed();
  }

  /**
   * Hands waiting requests to the pool until it has no room, or too much waits to be settled: early acknowledgement takes
   * the broker's window away, and a store that is gone must not fill the memory. Called with new requests, by the pool's
   * `onRoom`, and as requests are settled.
   */
  feed(): void {
    const { pool, settler, guard } = this.#options;
    this.#epilogues.feed();
    while (this.#isOpen && settler.pending < MAX_UNSETTLED) {
      const request = this.#waiting.peek();
      if (request === undefined) return;
      const reason = this.#strategy.discards(request);
      if (reason === null && !(guard === null ? pool.submit(request) : guard.submit(request, pool, this.#waiting)))
        return;
      this.#waiting.shift();
      if (reason === null) {
        request.machine.to('dispatched');
        if (request.expiresEpochMs !== null) this.#expiry.watch(request, request.expiresEpochMs);
      } else this.#discard(request, reason);
    }
  }

  /** Stops feeding and hands back what no member has started. Running requests go on. */
  handBackUnstarted(): void {
    this.#isOpen = false;
    this.dropUnstarted();
  }

  /** Hands back what no member has started: also when the epoch is over and the broker gives it to somebody else. */
  dropUnstarted(): void {
    for (const request of this.#options.guard?.takeAll() ?? []) this.#end(request, verdict(HAND_BACK));
    for (const request of this.#waiting.takeAll()) this.#end(request, verdict(HAND_BACK));
    for (const request of this.admission.takeAll()) this.#end(request, verdict(HAND_BACK));
    for (const request of this.#inHand) {
      if (request.machine.is('dispatched') && this.#options.pool.recall(request))
        this.#end(request, verdict(HAND_BACK));
    }
  }

  /** The pool is closed: what has failed ends without a further word of a member. */
  endEpilogues(): void {
    this.#epilogues.close();
  }

  /** WORK-74, WORK-75: ends what runs; it goes back to its queue, or has failed where it was acknowledged. */
  cancelRunning(): void {
    for (const request of this.#inHand) {
      if (request.machine.is('dispatched', 'running')) this.#options.pool.cancel(request, { terminate: true });
    }
  }

  /**
   * WORK-60 to 62: discards the requests in hand that `isMeant` and no member has started; with a signal it ends those
   * that run, too. The set of revoked tasks is the caller's.
   */
  revoke(isMeant: (request: Request) => boolean, signal: string | null): void {
    for (const request of [...this.#inHand].filter(isMeant)) {
      if (this.#takeBack(request)) this.#discard(request, 'revoked');
      else if (signal !== null && request.machine.is('dispatched', 'running')) {
        request.terminatedBy = signal;
        this.#options.pool.cancel(request, { terminate: true });
      }
    }
  }

  /** Resolves when no request waits or runs; those that have ended may still be on their way through the settler. */
  drained(): Promise<void> {
    if (this.#unfinished === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  onStart(request: Request, member: MemberInfo): void {
    const { settler, hostname, storeState, clock } = this.#options;
    request.member = member;
    request.startedEpochMs = clock.nowEpochMs();
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

  onLateFailure({ message }: Request, note: string): void {
    this.#options.log.failedLate(message, note);
  }

  onSoftTimeLimit({ message }: Request, limitMs: number): void {
    this.#options.log.softTimeLimit(message, limitMs);
  }

  /** A cold stop has begun: a limit that passes now stores no failure, the task goes back like its neighbours (WORK-45). */
  forgetTimeLimits(): void {
    this.#forgetsTimeLimits = true;
  }

  onEnd(request: Request, reported: RunEnd): void {
    const end = reported.kind === 'time-limit' && this.#forgetsTimeLimits ? cutShort() : reported;
    const { log, signals, successes, guard, tallies, window, clock } = this.#options;
    window.forget(request);
    log.ended(request, end);
    if (guard !== null && end.kind !== 'terminated') guard.clear(request.message.id);
    const nowMonoMs = clock.nowMonoMs();
    tallies.ended(request.message.task, end, nowMonoMs - (request.readyMonoMs ?? nowMonoMs));
    if (end.kind === 'outcome' && end.outcome === OutcomeKind.SUCCESS) successes?.add(request.message.id);
    if (end.kind === 'terminated' && request.terminatedBy !== null) {
      signals.revoked(request, { terminated: true, signum: request.terminatedBy, expired: false });
    }
    const decided = this.#judge.judge(request, end);
    const error = this.#judge.errorOf(request, end);
    if (error === null) this.#settle(request, decided);
    else this.#epilogues.start({ request, error, decided });
  }

  readonly #onAdmitted = (requests: readonly Request[]): void => {
    const nowMonoMs = this.#options.clock.nowMonoMs();
    for (const request of requests) {
      request.readyMonoMs = nowMonoMs;
      this.#queue(request);
    }
    this.feed();
  };

  #queue(request: Request): void {
    const { guard } = this.#options;
    if (guard === null || guard.admits(request)) this.#waiting.push(request);
  }

  #receiveOne(delivery: Delivery, nowMonoMs: number): void {
    const { log, signals, window } = this.#options;
    const received = this.#strategy.receive(delivery);
    window.weigh(delivery.body.length);
    if (received.kind === 'refused') {
      this.#refuse(delivery, received);
      return;
    }
    const { request } = received;
    request.readyMonoMs = nowMonoMs;
    this.#count(request.message.task);
    log.received(request.message);
    signals.received(request);
    this.#hold(request);
    if (received.kind === 'discarded') this.#discard(request, received.reason);
    // After the end of intake a last batch may still arrive: it goes straight back.
    else if (!this.#isOpen) this.#end(request, verdict(HAND_BACK));
    else if (this.admission.admit(request)) this.#queue(request);
  }

  #refuse(delivery: Delivery, refusal: Refusal): void {
    const { log, signals, settler, guard, window } = this.#options;
    log.refused(refusal.message, refusal.note, delivery.queue);
    signals.refused(delivery, refusal);
    const { failed, verdict: decided } = refusal;
    if (failed !== null) {
      this.#hold(failed.request);
      // What ends processes may do so in its hooks, too.
      guard?.enter(failed.request);
      failed.request.machine.to('settling');
      this.#epilogues.start({ ...failed, decided });
      return;
    }
    settler.settle(delivery, decided, () => {
      window.weigh(-delivery.body.length);
      // Sent once more by a person, it starts without a record.
      if (refusal.message !== null) guard?.clear(refusal.message.id);
    });
  }

  /** In hand until it is settled. */
  #hold(request: Request): void {
    this.#inHand.add(request);
    this.#unfinished++;
  }

  #count(task: string): void {
    this.totals.set(task, (this.totals.get(task) ?? 0) + 1);
  }

  /** Takes a request out of wherever it waits; false when a member has it, or it has ended. */
  #takeBack(request: Request): boolean {
    switch (request.machine.state) {
      case 'reserved': {
        if (this.#options.guard?.remove(request) === true) return true;
        const others = this.#waiting.takeAll().filter((one) => one !== request);
        for (const other of others) this.#waiting.push(other);
        return true;
      }
      case 'checking':
      case 'scheduled':
      case 'limited':
        this.admission.remove(request);
        return true;
      case 'dispatched':
        return this.#options.pool.recall(request);
      case 'running':
      case 'settling':
      case 'settled':
        return false;
    }
  }

  /** It is not run: REVOKED and acknowledged (WORK-23, WORK-60). An expired id counts as revoked from here on. */
  #discard(request: Request, reason: DiscardReason): void {
    const { log, signals, revoked } = this.#options;
    const isExpired = reason === 'expired';
    if (isExpired) revoked.add(request.message.id);
    log.discarded(request.message, reason);
    signals.revoked(request, { terminated: false, signum: null, expired: isExpired });
    this.#end(request, this.#strategy.discard({ request, reason }));
  }

  /** The end of a request that no member has had. */
  #end(request: Request, decided: Verdict): void {
    request.machine.to('settling');
    this.#settle(request, decided);
  }

  #settle(request: Request, decided: Verdict): void {
    const { settler, guard, window } = this.#options;
    if (guard !== null) this.#leaveGuard(guard, request);
    if (request.expiresEpochMs !== null) this.#expiry.forget(request);
    settler.settle(request.delivery, decided, () => {
      request.machine.to('settled');
      this.#inHand.delete(request);
      window.weigh(-request.delivery.body.length);
      if (this.#waiting.size > 0) this.feed();
    });
    this.#unfinished--;
    if (this.#unfinished > 0) return;
    const waiting = this.#onDrained;
    this.#onDrained = [];
    for (const resolve of waiting) resolve();
  }

  /** The turn of the next suspect comes when the one before it has ended. */
  #leaveGuard(guard: CrashGuard, request: Request): void {
    guard.leave(request);
    const next = guard.nextTurn();
    if (next !== null) this.#waiting.push(next);
  }
}

function cutShort(): RunEnd {
  return { kind: 'terminated', error: new TerminatedError('the worker stopped while the task ran'), started: true };
}
