/**
 * From delivery to request: headers → message, is the task known, may its content be read, is it within bounds, revoked,
 * too late, delivered too often? Reads headers only; a body is decoded on the host for protocol 1 alone. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { ContentDisallowed, NotRegistered, ProtocolError, WorkerLostError } from '../kernel/errors.js';
import { HeaderBlock } from '../kernel/header-block.js';
import type { Delivery } from '../ports/transport.js';
import { messageLimitsOf, type MessageLimits } from '../protocol/message-limits.js';
import { upgradeMessageV1 } from '../protocol/message-v1.js';
import { acceptedSerializer } from '../protocol/serializers.js';
import { decodeTaskHeaders, headerReadingOf, type HeaderReading, type TaskMessage } from '../protocol/task-message.js';
import type { Settings } from '../settings/table.js';
import { HeadWriter } from '../task/delivery-info.js';
import { deadLetter } from './dead-letter.js';
import type { CrashGuard } from './crashes/crash-guard.js';
import type { Judge } from './judge.js';
import { inZone, localZoneOf } from './local-instant.js';
import { objectToDelay, objectToRetries, objectToSize, type Objection } from './message-check.js';
import { Request, type Reading, type RequestListener } from './request.js';
import type { RevokedTasks } from './revoked-tasks.js';
import type { TaskPlan } from './task-plan.js';
import { ACK, verdict, type Verdict } from './verdict.js';

/** It does not run, and this is what becomes of it. */
export interface Refusal {
  readonly kind: 'refused';
  /** null when it could not be read. */
  readonly message: TaskMessage | null;
  readonly note: string;
  /** null: revoked or expired. */
  readonly error: Error | null;
  readonly verdict: Verdict;
  /** The request with whose failure its hooks and errbacks are to be told; null where they have been, or nobody knows them. */
  readonly failed: { readonly request: Request; readonly error: WorkerLostError } | null;
}

/** A request whose message says that it must not run any more. */
export interface Discarded {
  readonly kind: 'discarded';
  readonly request: Request;
  readonly reason: DiscardReason;
}
export type DiscardReason = 'revoked' | 'expired';

export type Received = { readonly kind: 'request'; readonly request: Request } | Discarded | Refusal;

export interface StrategyOptions {
  readonly plans: ReadonlyMap<string, TaskPlan>;
  readonly settings: Settings;
  readonly judge: Judge;
  readonly revoked: RevokedTasks;
  /** null: nobody looks after this process. */
  readonly guard: CrashGuard | null;
  readonly listener: RequestListener;
  readonly clock: Clock;
}

export class Strategy {
  readonly #options: StrategyOptions;
  readonly #limits: MessageLimits;
  readonly #reading: HeaderReading;
  readonly #heads = new HeadWriter();
  readonly #zone: string | null;

  constructor(options: StrategyOptions) {
    this.#options = options;
    this.#limits = messageLimitsOf(options.settings);
    this.#reading = headerReadingOf(options.settings);
    this.#zone = localZoneOf(options.settings);
  }

  receive(delivery: Delivery): Received {
    const { plans, settings, guard, listener, clock } = this.#options;
    const tooLarge = objectToSize(delivery, settings);
    if (tooLarge !== null) return this.#bury(delivery, null, tooLarge);
    let message: TaskMessage;
    let content = delivery;
    try {
      const read = this.#read(delivery);
      // Celery and celeriac always say `lang` in protocol 2.
      if (read === null || read.lang === null) content = this.#modern(delivery, read !== null);
      message =
        read === null || content !== delivery
          ? decodeTaskHeaders(content.headers, content.properties, this.#reading)
          : read;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#bury(delivery, null, { reason: reasonOf(error), error });
    }
    const plan = plans.get(message.task);
    if (plan === undefined) {
      return this.#bury(delivery, message, { reason: 'unknown-task', error: new NotRegistered(message.task) });
    }
    const objection =
      this.#contentError(delivery) ??
      objectToRetries(message, plan, settings) ??
      (message.etaEpochMs === null ? null : objectToDelay(message.etaEpochMs - clock.nowEpochMs(), settings));
    if (objection !== null) return this.#bury(delivery, message, objection);
    const isUsual = content === delivery && this.#zone === null;
    const reading = isUsual ? null : this.#readingOf(message, content);
    const request = new Request(delivery, message, { plan, listener, heads: this.#heads, reading });
    const cap = settings.workerMaxDeliveries;
    if (cap !== null) {
      const excess = guard === null ? delivery.deliveryCount - cap : guard.excessOf(request, cap);
      if (excess >= 0) return this.#giveUp(request, excess === 0);
    }
    const reason = this.discards(request);
    return reason === null ? { kind: 'request', request } : { kind: 'discarded', request, reason };
  }

  /** Whether a request must not run any more: asked at its receipt and right before it is handed to the pool (WORK-23). */
  discards({ message, expiresEpochMs }: Request): DiscardReason | null {
    const { revoked, clock } = this.#options;
    if (expiresEpochMs !== null && clock.nowEpochMs() > expiresEpochMs) return 'expired';
    return !revoked.isEmpty && revoked.has(message) ? 'revoked' : null;
  }

  /** The verdict for a request that does not run because it was revoked or came too late: acknowledged and REVOKED. */
  discard({ request, reason }: Pick<Discarded, 'request' | 'reason'>): Verdict {
    return verdict(ACK, this.#options.judge.revoked(request, reason));
  }

  /** The message of protocol 2; null when its headers do not name a task. @throws ProtocolError */
  #read({ headers, properties }: Delivery): TaskMessage | null {
    try {
      return decodeTaskHeaders(headers, properties, this.#reading);
    } catch (error) {
      if (error instanceof ProtocolError && error.reason === 'unknown-message') return null;
      throw error;
    }
  }

  /**
   * What a message of protocol 1, or between the protocols, becomes (WIRE-06); the delivery itself when it is neither.
   * @throws ProtocolError
   */
  #modern(delivery: Delivery, isHybrid: boolean): Delivery {
    const options = { accept: this.#options.settings.acceptContent, limits: this.#limits };
    try {
      const upgraded = upgradeMessageV1(delivery, options);
      if (upgraded === null) return delivery;
      const { contentType, contentEncoding, body } = upgraded;
      const properties = { ...delivery.properties, contentType, contentEncoding };
      return { ...delivery, headers: HeaderBlock.fromTable(upgraded.headers), body, properties };
    } catch (error) {
      // Protocol 2 without `lang`, whose body is the member's business.
      if (isHybrid && error instanceof ProtocolError) return delivery;
      throw error;
    }
  }

  #readingOf({ etaEpochMs, expiresEpochMs }: TaskMessage, content: Delivery): Reading {
    const zone = this.#zone;
    const local = (header: 'eta' | 'expires', asUtcMs: number | null): number | null =>
      asUtcMs === null || zone === null ? asUtcMs : inZone(content.headers, header, { asUtcMs, zone });
    return { content, dueEpochMs: local('eta', etaEpochMs), expiresEpochMs: local('expires', expiresEpochMs) };
  }

  /** Whether the body may be decoded is known from the properties; nothing of it is looked at (WIRE-29). */
  #contentError({ properties }: Delivery): Objection | null {
    try {
      acceptedSerializer(properties, { accept: this.#options.settings.acceptContent });
      return null;
    } catch (error) {
      if (error instanceof ContentDisallowed) return { reason: 'content-disallowed', error };
      throw error;
    }
  }

  /** Its hooks are told at the first delivery beyond the cap alone: they may be what ends this process. */
  #giveUp(request: Request, isFirst: boolean): Refusal {
    const { delivery, message } = request;
    const crashes = this.#options.guard?.crashesOf(message.id) ?? 0;
    const deaths = crashes === 0 ? '' : `; ${String(crashes)} processes died while they may have run it`;
    const error = new WorkerLostError(
      `given up after ${String(delivery.deliveryCount)} deliveries without an end${deaths}`,
    );
    const refusal = this.#bury(delivery, message, { reason: 'too-many-deliveries', error });
    return isFirst ? { ...refusal, failed: { request, error } } : refusal;
  }

  /** Dead letter, and FAILURE where somebody may wait for the result (D7). */
  #bury(delivery: Delivery, message: TaskMessage | null, { reason, error }: Objection): Refusal {
    const { judge, settings, clock } = this.#options;
    const ignoresErrors =
      (message?.ignoreResult ?? settings.taskIgnoreResult) && !settings.taskStoreErrorsEvenIfIgnored;
    const result = message === null ? null : judge.failure({ message, ignoresErrors }, error);
    const disposal = deadLetter(delivery, { reason, error: error.message, nowEpochMs: clock.nowEpochMs() });
    const note = `${reason}: ${error.message}`;
    return { kind: 'refused', message, note, error, verdict: verdict(disposal, result), failed: null };
  }
}

/** What exactly is wrong, where the decoder says so. */
function reasonOf({ reason }: ProtocolError): Objection['reason'] {
  return reason === 'malformed' ? 'unreadable' : reason;
}
