/**
 * A task message that this worker has reserved, from delivery to settle: one state machine, one settle. It is the job
 * that the pool runs. Host thread.
 */
import { keepHiddenClass } from '../kernel/hidden-class.js';
import { StateMachine } from '../kernel/state-machine.js';
import type { TerminatedError, TimeLimitExceeded, WorkerLostError } from '../kernel/errors.js';
import type { ConcurrencyCap, MemberInfo, PoolJob } from '../ports/pool.js';
import type { Delivery } from '../ports/transport.js';
import type { TaskMessage } from '../protocol/task-message.js';
import { HeadWriter } from '../task/delivery-info.js';
import { decodeOutcome, OutcomeKind, type DecodedOutcome } from '../task/outcome-record.js';
import { requestTransitions, type RequestState } from './request-state.js';
import type { TaskLimits } from './task-limits.js';
import type { TaskPlan } from './task-plan.js';

/** How a run ended, seen by the host. */
export type RunEnd =
  | { readonly kind: 'outcome'; readonly outcome: OutcomeKind; readonly parts: DecodedOutcome }
  | { readonly kind: 'lost'; readonly error: WorkerLostError }
  | { readonly kind: 'time-limit'; readonly error: TimeLimitExceeded }
  | { readonly kind: 'terminated'; readonly error: TerminatedError; readonly started: boolean };

/** Who is told what becomes of a request. */
export interface RequestListener {
  onStart(request: Request, member: MemberInfo): void;
  /** A run that was given up has failed now, when the request has long ended: `note` says how. */
  onLateFailure(request: Request, note: string): void;
  /** It runs longer than its soft limit. */
  onSoftTimeLimit(request: Request, limitMs: number): void;
  onEnd(request: Request, end: RunEnd): void;
}

/** What differs from the delivery and its message: an older protocol, instants in the zone of the worker. */
export interface Reading {
  /** What the pool is given. */
  readonly content: Delivery;
  readonly dueEpochMs: number | null;
  readonly expiresEpochMs: number | null;
}

export class Request implements PoolJob {
  readonly delivery: Delivery;
  readonly message: TaskMessage;
  readonly plan: TaskPlan;
  readonly machine: StateMachine<RequestState>;
  /** Set when the delivery was acknowledged at the start of the run. */
  isAcked = false;
  /** Where it runs, where the host asked to be told; null before. */
  member: MemberInfo | null = null;
  /** Since when, epoch ms; null before, and where the host did not ask to be told. */
  startedEpochMs: number | null = null;
  /** From when on it could run, for all that this worker knows, monotonic ms: its arrival, or when it fell due. */
  readyMonoMs: number | null = null;
  /** Its place in the journal of a supervised worker (crashes/crash-guard.ts, which writes it); -1 for none. */
  journalSlot = -1;
  /** Signal of the `terminate` that ends its run; null as long as nobody has revoked it so. */
  terminatedBy: string | null = null;
  /** How it is to be read where that is not as it came; null for nearly all. */
  readonly #reading: Reading | null;
  /** Those of its task when the pool first asked; null before. */
  #limits: TaskLimits | null = null;
  readonly #listener: RequestListener;
  readonly #heads: HeadWriter;

  constructor(
    delivery: Delivery,
    message: TaskMessage,
    parts: {
      readonly plan: TaskPlan;
      readonly listener: RequestListener;
      readonly heads: HeadWriter;
      readonly reading?: Reading | null;
    },
  ) {
    this.delivery = delivery;
    this.#reading = parts.reading ?? null;
    this.message = message;
    this.plan = parts.plan;
    this.machine = new StateMachine(requestTransitions, 'reserved', { subject: message.id });
    this.#listener = parts.listener;
    this.#heads = parts.heads;
  }

  /** Built again for each member: a request is seldom handed out twice, and its head need not be kept beside the headers. */
  get head(): string {
    return this.#heads.write(this.#reading === null ? this.delivery : this.#reading.content);
  }

  get body(): Uint8Array {
    return this.#reading === null ? this.delivery.body : this.#reading.content.body;
  }

  /** When it may run, epoch ms; null for at once. */
  get dueEpochMs(): number | null {
    return this.#reading === null ? this.message.etaEpochMs : this.#reading.dueEpochMs;
  }

  /** From when on it must not start any more; null for never. */
  get expiresEpochMs(): number | null {
    return this.#reading === null ? this.message.expiresEpochMs : this.#reading.expiresEpochMs;
  }

  get timeLimitMs(): number | null {
    return inMs(this.message.timeLimitSeconds ?? this.#heldLimits.timeLimitSeconds);
  }

  get softTimeLimitMs(): number | null {
    return inMs(this.message.softTimeLimitSeconds ?? this.#heldLimits.softTimeLimitSeconds);
  }

  /** A change is for runs that start later (WORK-44): what the pool has is not changed under it. */
  get #heldLimits(): TaskLimits {
    return (this.#limits ??= this.plan.limits);
  }

  /** Of its message: read from the headers, never from the body. */
  get orderingKey(): string | null {
    return this.message.orderingKey;
  }

  /** Of its task. */
  get cap(): ConcurrencyCap | null {
    return this.plan.cap;
  }

  get wantsAccepted(): boolean {
    return !this.plan.acksLate || this.plan.tracksStarted;
  }

  get ignoresResult(): boolean {
    return this.message.ignoreResult ?? this.plan.ignoresResult;
  }

  /** Whether a failure is not to be stored either (TASK-11). */
  get ignoresErrors(): boolean {
    return this.ignoresResult && !this.plan.storesErrorsEvenIfIgnored;
  }

  onAccepted(member: MemberInfo): void {
    this.machine.to('running');
    this.#listener.onStart(this, member);
  }

  onOutcome(kind: number, payload: Uint8Array): void {
    this.#end({ kind: 'outcome', outcome: kind as OutcomeKind, parts: decodeOutcome(payload) });
  }

  onLost(error: WorkerLostError): void {
    this.#end({ kind: 'lost', error });
  }

  onLateEnd(kind: number, payload: Uint8Array): void {
    if (kind === OutcomeKind.FAILURE) this.#listener.onLateFailure(this, decodeOutcome(payload).note);
  }

  onSoftTimeLimit(): void {
    const { softTimeLimitMs } = this;
    if (softTimeLimitMs !== null) this.#listener.onSoftTimeLimit(this, softTimeLimitMs);
  }

  onTimeLimit(error: TimeLimitExceeded): void {
    this.#end({ kind: 'time-limit', error });
  }

  onTerminated(error: TerminatedError, started: boolean): void {
    this.#end({ kind: 'terminated', error, started });
  }

  #end(end: RunEnd): void {
    this.machine.to('settling');
    this.#listener.onEnd(this, end);
  }
}

/** The longest limit, as timers take it: 24 days (M11). */
const MAX_LIMIT_MS = 2 ** 31 - 1;

/** A limit of 0 means none, as in Celery (WORK-40). */
function inMs(seconds: number | null): number | null {
  return seconds === null || seconds === 0 ? null : Math.min(seconds * 1_000, MAX_LIMIT_MS);
}

/** Of no worker: it is asked nothing. */
function specimen(): Request {
  const nothing: unknown = Object.freeze({});
  const parts = { plan: nothing as TaskPlan, listener: nothing as RequestListener, heads: new HeadWriter() };
  return new Request(nothing as Delivery, nothing as TaskMessage, parts);
}

keepHiddenClass(specimen());
