/**
 * From delivery to request: headers → message, is the task known, may its content be read, is it too late or too early,
 * has it been delivered too often? Reads headers only; a body is never decoded on the host. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { ContentDisallowed, NotRegistered, ProtocolError, TaskRevoked, WorkerLostError } from '../kernel/errors.js';
import { State } from '../kernel/states.js';
import type { StoredResult } from '../ports/backend.js';
import type { Delivery } from '../ports/transport.js';
import { acceptedSerializer } from '../protocol/serializers.js';
import { decodeTaskHeaders, type TaskMessage } from '../protocol/task-message.js';
import type { Settings } from '../settings/table.js';
import { HeadWriter } from '../task/delivery-info.js';
import { revokedDocument } from '../task/result-documents.js';
import { deadLetter, type DeathReason } from './dead-letter.js';
import type { Judge } from './judge.js';
import { Request, type RequestListener } from './request.js';
import type { TaskPlan } from './task-plan.js';
import { ACK, verdict, type Verdict } from './verdict.js';

export type Received =
  | { readonly kind: 'request'; readonly request: Request }
  /** It does not run; `note` says why, `message` is null when it could not be read. */
  | {
      readonly kind: 'refused';
      readonly message: TaskMessage | null;
      readonly note: string;
      readonly verdict: Verdict;
    };

export interface StrategyOptions {
  readonly plans: ReadonlyMap<string, TaskPlan>;
  readonly settings: Settings;
  readonly judge: Judge;
  readonly listener: RequestListener;
  readonly clock: Clock;
}

export class Strategy {
  readonly #options: StrategyOptions;
  readonly #heads = new HeadWriter();

  constructor(options: StrategyOptions) {
    this.#options = options;
  }

  receive(delivery: Delivery): Received {
    let message: TaskMessage;
    try {
      message = decodeTaskHeaders(delivery.headers, delivery.properties);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#bury(delivery, null, { reason: 'unreadable', error });
    }
    const { plans, settings, listener, clock } = this.#options;
    const plan = plans.get(message.task);
    if (plan === undefined) {
      return this.#bury(delivery, message, { reason: 'unknown-task', error: new NotRegistered(message.task) });
    }
    const disallowed = this.#contentError(delivery);
    if (disallowed !== null) return this.#bury(delivery, message, { reason: 'content-disallowed', error: disallowed });
    const cap = settings.workerMaxDeliveries;
    if (cap !== null && delivery.deliveryCount >= cap) {
      const error = new WorkerLostError(`given up after ${String(delivery.deliveryCount)} deliveries without an end`);
      return this.#bury(delivery, message, { reason: 'too-many-deliveries', error });
    }
    const nowEpochMs = clock.nowEpochMs();
    if (message.expiresEpochMs !== null && nowEpochMs > message.expiresEpochMs) return this.#expire(message);
    if (message.etaEpochMs !== null && message.etaEpochMs > nowEpochMs) {
      return this.#postpone(message, message.etaEpochMs - nowEpochMs);
    }
    return { kind: 'request', request: new Request(delivery, message, { plan, listener, heads: this.#heads }) };
  }

  /** Whether the body may be decoded is known from the properties; nothing of it is looked at (WIRE-29). */
  #contentError({ properties }: Delivery): ContentDisallowed | null {
    try {
      acceptedSerializer(properties, { accept: this.#options.settings.acceptContent });
      return null;
    } catch (error) {
      if (error instanceof ContentDisallowed) return error;
      throw error;
    }
  }

  /** Dead letter, and FAILURE where somebody may wait for the result (D7). */
  #bury(
    delivery: Delivery,
    message: TaskMessage | null,
    { reason, error }: { readonly reason: DeathReason; readonly error: Error },
  ): Received {
    const { judge, settings, clock } = this.#options;
    const ignoresResult = message?.ignoreResult ?? settings.taskIgnoreResult;
    const result = message === null ? null : judge.failure({ message, ignoresResult }, error);
    const disposal = deadLetter(delivery, { reason, error: error.message, nowEpochMs: clock.nowEpochMs() });
    return { kind: 'refused', message, note: `${reason}: ${error.message}`, verdict: verdict(disposal, result) };
  }

  /** WORK-23: revoked as expired. */
  #expire(message: TaskMessage): Received {
    const { clock, settings, plans } = this.#options;
    const ignoresResult = message.ignoreResult ?? plans.get(message.task)?.ignoresResult ?? settings.taskIgnoreResult;
    const document = revokedDocument(new TaskRevoked('expired'), message, clock.nowEpochMs());
    const result: StoredResult | null = ignoresResult
      ? null
      : { taskId: message.id, state: State.REVOKED, document: Buffer.from(document) };
    return { kind: 'refused', message, note: 'expired before it could start', verdict: verdict(ACK, result) };
  }

  /** Delivered before its time (a clock apart, a store without delays): back to the store until then. */
  #postpone(message: TaskMessage, delayMs: number): Received {
    const disposal = { kind: 'requeue', counts: false, delayMs } as const;
    return { kind: 'refused', message, note: 'not due yet', verdict: verdict(disposal) };
  }
}
