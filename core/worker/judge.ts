/**
 * How a run ended → what happens with its delivery: the acknowledgement matrix (ACK-01..05), the worker-lost policy and
 * the crash cap. Pure; host thread.
 */
import { assertNever } from '../kernel/assert-never.js';
import type { Clock } from '../kernel/clock.js';
import { TerminatedError, type TimeLimitExceeded, type WorkerLostError } from '../kernel/errors.js';
import { State } from '../kernel/states.js';
import type { StoredResult } from '../ports/backend.js';
import { decodeOutgoing } from '../protocol/outgoing-record.js';
import type { Settings } from '../settings/table.js';
import { OutcomeKind, type DecodedOutcome } from '../task/outcome-record.js';
import { failureDocument } from '../task/result-documents.js';
import { deadLetter, type DeathReason } from './dead-letter.js';
import type { Request, RunEnd } from './request.js';
import { ACK, ALREADY_ACKED, DELIVER_AGAIN, HAND_BACK, verdict, type Disposal, type Verdict } from './verdict.js';

const STATE_OF_OUTCOME: Readonly<Record<OutcomeKind, string>> = {
  [OutcomeKind.SUCCESS]: State.SUCCESS,
  [OutcomeKind.FAILURE]: State.FAILURE,
  [OutcomeKind.RETRY]: State.RETRY,
  [OutcomeKind.IGNORED]: State.IGNORED,
  [OutcomeKind.REJECTED]: State.FAILURE,
  [OutcomeKind.REQUEUED]: State.REJECTED,
  [OutcomeKind.UNREADABLE]: State.FAILURE,
};

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
        return this.#ofLoss(request, end.error);
      case 'time-limit':
        return this.#ofTimeLimit(request, end.error);
      case 'terminated':
        return this.#ofTermination(request, end.started);
      default:
        return assertNever(end);
    }
  }

  #ofOutcome(request: Request, outcome: OutcomeKind, parts: DecodedOutcome): Verdict {
    const { message } = request;
    const result =
      parts.document.length === 0
        ? null
        : { taskId: message.id, state: STATE_OF_OUTCOME[outcome], document: parts.document };
    return {
      successors: parts.successors.map(decodeOutgoing),
      result,
      disposal: request.isAcked ? ALREADY_ACKED : this.#disposalOf(request, outcome, parts.note),
      fallback: parts.successors.length === 0 ? null : (error) => this.#ofRefusedSuccessors(request, error),
    };
  }

  /** RETRY-07: a retry that can never be published must not end as an acknowledged message. */
  #ofRefusedSuccessors(request: Request, error: Error): Verdict {
    const disposal = request.isAcked ? ALREADY_ACKED : this.#death(request, 'rejected', error.message);
    return verdict(disposal, this.failure(request, error));
  }

  #disposalOf(request: Request, outcome: OutcomeKind, note: string): Disposal {
    switch (outcome) {
      case OutcomeKind.SUCCESS:
      case OutcomeKind.RETRY:
      case OutcomeKind.IGNORED:
        return ACK;
      case OutcomeKind.FAILURE:
        if (request.plan.acksOnFailure) return ACK;
        return this.#death(request, 'rejected', firstLine(note));
      case OutcomeKind.REJECTED:
        return this.#death(request, 'rejected', firstLine(note));
      case OutcomeKind.REQUEUED:
        // The task asked for it; only crashes and timeouts count towards the cap.
        return HAND_BACK;
      case OutcomeKind.UNREADABLE:
        return this.#death(request, 'unreadable', firstLine(note));
      default:
        return assertNever(outcome);
    }
  }

  /** ACK-03 with a cap: `safe` delivers again until `workerMaxDeliveries`, `compat` fails the task (per `acksOnFailure`). */
  #ofLoss(request: Request, error: WorkerLostError): Verdict {
    if (request.isAcked) return verdict(ALREADY_ACKED, this.failure(request, error));
    if (!request.plan.rejectsOnWorkerLost) {
      const disposal = request.plan.acksOnFailure ? ACK : this.#death(request, 'rejected', error.message);
      return verdict(disposal, this.failure(request, error));
    }
    const cap = this.#settings.workerMaxDeliveries;
    const deliveries = request.delivery.deliveryCount + 1;
    if (cap === null || deliveries < cap) return verdict(DELIVER_AGAIN);
    const death = this.#death(request, 'too-many-deliveries', `${error.message} (delivery ${String(deliveries)})`);
    return verdict(death, this.failure(request, error));
  }

  #ofTimeLimit(request: Request, error: TimeLimitExceeded): Verdict {
    if (request.isAcked) return verdict(ALREADY_ACKED, this.failure(request, error));
    if (request.plan.acksOnTimeout) return verdict(ACK, this.failure(request, error));
    return verdict(DELIVER_AGAIN);
  }

  /** The worker stops: what is not finished goes back, uncounted, since nothing crashed (W3). */
  #ofTermination(request: Request, started: boolean): Verdict {
    if (!request.isAcked) return verdict(HAND_BACK);
    const reason = started ? 'the worker stopped while the task ran' : 'the worker stopped';
    return verdict(ALREADY_ACKED, this.failure(request, new TerminatedError(reason)));
  }

  #death({ delivery }: Request, reason: DeathReason, error: string): Disposal {
    return deadLetter(delivery, { reason, error, nowEpochMs: this.#clock.nowEpochMs() });
  }

  /** FAILURE of a run that could not speak for itself; null when its results are ignored. */
  failure(request: Pick<Request, 'message' | 'ignoresResult'>, error: Error): StoredResult | null {
    if (request.ignoresResult) return null;
    const { message } = request;
    const document = failureDocument(error, message, { children: [], nowEpochMs: this.#clock.nowEpochMs() });
    return { taskId: message.id, state: State.FAILURE, document: Buffer.from(document) };
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
