/**
 * How a run ended → what happens with its delivery: the acknowledgement matrix (ack-matrix.ts), the worker-lost policy and
 * the crash cap. Pure; host thread.
 */
import { assertNever } from '../kernel/assert-never.js';
import type { Clock } from '../kernel/clock.js';
import { InvariantError, TaskRevoked, TerminatedError, TransportError, WorkerLostError } from '../kernel/errors.js';
import { State } from '../kernel/states.js';
import type { StoredResult } from '../ports/backend.js';
import { decodeOutgoing } from '../protocol/outgoing-record.js';
import type { Settings } from '../settings/table.js';
import type { HostError } from '../task/epilogue.js';
import { OutcomeKind, type DecodedOutcome } from '../task/outcome-record.js';
import { failureDocument, retryDocument, revokedDocument } from '../task/result-documents.js';
import { EARLY_SETTLINGS, type Cell, type Fate, type Settling } from './ack-matrix.js';
import { deadLetter, letterOf, type DeathReason } from './dead-letter.js';
import type { Request, RunEnd } from './request.js';
import {
  ACK,
  ALREADY_ACKED,
  DELIVER_AGAIN,
  HAND_BACK,
  NO_SUCCESSORS,
  verdict,
  type DeadLetter,
  type Disposal,
  type Verdict,
} from './verdict.js';

const FATE_OF_OUTCOME: Readonly<Record<OutcomeKind, Fate>> = {
  [OutcomeKind.SUCCESS]: 'success',
  [OutcomeKind.FAILURE]: 'failure',
  [OutcomeKind.RETRY]: 'retry',
  [OutcomeKind.IGNORED]: 'ignored',
  [OutcomeKind.REJECTED]: 'rejected',
  [OutcomeKind.REQUEUED]: 'requeued',
  [OutcomeKind.UNREADABLE]: 'unreadable',
};

const STATE_OF_OUTCOME: Readonly<Record<OutcomeKind, string>> = {
  [OutcomeKind.SUCCESS]: State.SUCCESS,
  [OutcomeKind.FAILURE]: State.FAILURE,
  [OutcomeKind.RETRY]: State.RETRY,
  [OutcomeKind.IGNORED]: State.IGNORED,
  [OutcomeKind.REJECTED]: State.FAILURE,
  [OutcomeKind.REQUEUED]: State.REJECTED,
  [OutcomeKind.UNREADABLE]: State.FAILURE,
};

/** Why a message becomes a dead letter, where a run led to it. */
const DEATH_OF_FATE: Readonly<Partial<Record<Fate, DeathReason>>> = {
  'lost-too-often': 'too-many-deliveries',
};

/** An end of which no member has told. */
type SilentEnd = Extract<RunEnd, { readonly kind: 'lost' | 'time-limit' }>;

type Told = Pick<Extract<RunEnd, { readonly kind: 'outcome' }>, 'outcome' | 'parts'>;

const DISPOSAL_OF_CELL = { ack: ACK, again: DELIVER_AGAIN, back: HAND_BACK } as const;

export class Judge {
  readonly #settings: Settings;
  readonly #clock: Clock;

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  judge(request: Request, end: RunEnd): Verdict {
    switch (end.kind) {
      case 'outcome':
        return this.#ofOutcome(request, end.outcome, end.parts);
      case 'lost':
      case 'time-limit':
        return this.#ofSilence(request, end);
      case 'terminated':
        return this.#ofTermination(request, end.started);
      default:
        return assertNever(end);
    }
  }

  /**
   * The error with which the host has ended a request for good; null where a member has told its end, where it runs
   * again, and where somebody wanted it to stop.
   */
  errorOf(request: Request, end: RunEnd): HostError | null {
    if (end.kind !== 'lost' && end.kind !== 'time-limit') return null;
    const { fate, error } = this.#silence(request, end);
    return settlingOf(request, fate).storesState ? error : null;
  }

  /** What a member has made of such an end; the delivery goes where it would have gone without that. */
  judgeEpilogue(request: Request, { outcome, parts }: Told, disposal: Disposal): Verdict {
    const { document, successors, note } = parts;
    const fallback = (error: Error): Verdict => this.#ofRefusedSuccessors(request, error);
    // It could not publish what follows (RETRY-07).
    if (outcome === OutcomeKind.REJECTED) return fallback(new TransportError(firstLine(note)));
    const result = document.length === 0 ? null : { taskId: request.message.id, state: State.FAILURE, document };
    return { successors: successors.map(decodeOutgoing), result, disposal, fallback };
  }

  #ofOutcome(request: Request, outcome: OutcomeKind, parts: DecodedOutcome): Verdict {
    const fate = FATE_OF_OUTCOME[outcome];
    const { cell, storesState } = settlingOf(request, fate);
    const { document, successors, note } = parts;
    const result =
      document.length === 0 || !storesState
        ? null
        : { taskId: request.message.id, state: STATE_OF_OUTCOME[outcome], document };
    if (fate === 'unreadable' && cell === null) return this.#ofLostBody(request, result, firstLine(note));
    // The usual end allocates nothing but the verdict.
    const disposal = cell === 'dead-letter' ? this.#deathOf(request, fate, firstLine(note)) : disposalOf(cell);
    if (successors.length === 0) return { successors: NO_SUCCESSORS, result, disposal, fallback: null };
    const fallback = (error: Error): Verdict => this.#ofRefusedSuccessors(request, error);
    return { successors: successors.map(decodeOutgoing), result, disposal, fallback };
  }

  /** BUG-07: acknowledged before anybody could see that nobody can read it; what the broker has forgotten is kept as a copy. */
  #ofLostBody(request: Request, result: StoredResult | null, note: string): Verdict {
    if (this.#settings.workerOnDecodeError === 'ack') return verdict(ALREADY_ACKED, result);
    const { queue, headers } = this.#deathOfBody(request, note);
    const fallback = (): Verdict => verdict(ALREADY_ACKED, result);
    return { successors: [letterOf(request.delivery, headers, queue)], result, disposal: ALREADY_ACKED, fallback };
  }

  /** RETRY-07: a retry that can never be published must not end as an acknowledged message. */
  #ofRefusedSuccessors(request: Request, error: Error): Verdict {
    const disposal = request.isAcked ? ALREADY_ACKED : this.#death(request, 'rejected', error.message);
    return verdict(disposal, this.failure(request, error));
  }

  /** A run that could not speak for itself: ACK-03 with a cap, delivered again until `workerMaxDeliveries`. */
  #silence(request: Request, end: SilentEnd): { readonly fate: Fate; readonly error: HostError } {
    const { error } = end;
    if (end.kind === 'time-limit') return { fate: 'timeout', error };
    const cap = this.#settings.workerMaxDeliveries;
    const deliveries = request.delivery.deliveryCount + 1;
    if (request.isAcked || !request.plan.rejectsOnWorkerLost || cap === null || deliveries < cap) {
      return { fate: 'lost', error };
    }
    const last = new WorkerLostError(`${error.message} (delivery ${String(deliveries)})`);
    return { fate: 'lost-too-often', error: last };
  }

  #ofTermination(request: Request, started: boolean): Verdict {
    if (request.terminatedBy !== null) return this.#terminated(request);
    const reason = started ? 'the worker stopped while the task ran' : 'the worker stopped';
    const { cell, storesState } = settlingOf(request, 'cancelled');
    return verdict(disposalOf(cell), storesState ? this.#cancelled(request, new TerminatedError(reason)) : null);
  }

  /** WORK-61: a run that was ended because it is revoked. */
  #terminated(request: Request): Verdict {
    return verdict(disposalOf(settlingOf(request, 'terminated').cell), this.revoked(request, 'terminated'));
  }

  #ofSilence(request: Request, end: SilentEnd): Verdict {
    const { fate, error } = this.#silence(request, end);
    const { cell, storesState } = settlingOf(request, fate);
    const disposal = cell === 'dead-letter' ? this.#deathOf(request, fate, error.message) : disposalOf(cell);
    return verdict(disposal, storesState ? this.failure(request, error) : null);
  }

  #deathOf(request: Request, fate: Fate, error: string): Disposal {
    if (fate === 'unreadable') return this.#deathOfBody(request, error);
    return this.#death(request, DEATH_OF_FATE[fate] ?? 'rejected', error);
  }

  /** The note of a member that could not read a body begins with the reason of its ProtocolError. */
  #deathOfBody(request: Request, note: string): DeadLetter {
    const [, reason = 'malformed', error = note] = /^([a-z-]+): (.*)$/.exec(note) ?? [];
    return this.#death(request, reason === 'malformed' ? 'unreadable' : (reason as DeathReason), error);
  }

  #death({ delivery }: Request, reason: DeathReason, error: string): DeadLetter {
    return deadLetter(delivery, { reason, error, nowEpochMs: this.#clock.nowEpochMs() });
  }

  /** BUG-28: what was acknowledged and is stopped has failed; Celery, and `compat`, call it a retry that never comes. */
  #cancelled(request: Request, error: TerminatedError): StoredResult | null {
    if (this.#settings.reliability === 'safe') return this.failure(request, error);
    if (request.ignoresResult) return null;
    const cause = new TerminatedError('cancelled by Celery');
    const document = retryDocument(cause, request.message, { children: [], nowEpochMs: this.#clock.nowEpochMs() });
    return { taskId: request.message.id, state: State.RETRY, document: Buffer.from(document) };
  }

  /** REVOKED with its reason as on the wire: `revoked`, `expired` or `terminated`. */
  revoked({ message, ignoresResult }: Pick<Request, 'message' | 'ignoresResult'>, reason: string): StoredResult | null {
    if (ignoresResult) return null;
    const document = revokedDocument(new TaskRevoked(reason), message, this.#clock.nowEpochMs());
    return { taskId: message.id, state: State.REVOKED, document: Buffer.from(document) };
  }

  /** FAILURE of a run that could not speak for itself; null when its results are ignored. */
  failure({ message, ignoresErrors }: Pick<Request, 'message' | 'ignoresErrors'>, error: Error): StoredResult | null {
    if (ignoresErrors) return null;
    const document = failureDocument(error, message, { children: [], nowEpochMs: this.#clock.nowEpochMs() });
    return { taskId: message.id, state: State.FAILURE, document: Buffer.from(document) };
  }
}

function settlingOf({ plan, isAcked }: Request, fate: Fate): Settling {
  return isAcked ? EARLY_SETTLINGS[fate] : plan.settlings[fate];
}

function disposalOf(cell: Cell | null): Disposal {
  if (cell === null) return ALREADY_ACKED;
  if (cell === 'dead-letter') throw new InvariantError('a dead letter needs its reason');
  return DISPOSAL_OF_CELL[cell];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
