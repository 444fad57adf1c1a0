/** Runs one task through the real Trace, as a member would, without pool or broker. */
import { createSeededRandom } from '../../core/kernel/random.js';
import { silentLogger } from '../../core/ports/logger.js';
import type { MemberJob } from '../../core/ports/member-program.js';
import type { StoredResult } from '../../core/ports/backend.js';
import type { OutgoingMessage } from '../../core/ports/transport.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../core/protocol/message-limits.js';
import { decodeOutgoing } from '../../core/protocol/outgoing-record.js';
import { decodeResultDocument, type ResultDocument } from '../../core/protocol/result-document.js';
import { HeadWriter } from '../../core/task/delivery-info.js';
import { encodeEpilogue, type HostError } from '../../core/task/epilogue.js';
import { NO_FOLLOW_UPS, type FollowUps } from '../../core/task/follow-ups.js';
import { createSignals, type SignalTable } from '../../core/task/signal-catalogue.js';
import { decodeOutcome } from '../../core/task/outcome-record.js';
import type { TaskRegistry } from '../../core/task/task-registry.js';
import { Trace } from '../../core/task/trace.js';
import { taskDelivery, type DeliveryParts } from './task-delivery.js';
import { VirtualClock } from './virtual-clock.js';

export interface TracedRun {
  /** One of `OutcomeKind`. */
  readonly kind: number;
  /** null when nothing is to be stored. */
  readonly document: ResultDocument | null;
  readonly note: string;
  readonly successors: readonly OutgoingMessage[];
  /** States that the task has stored while it ran. */
  readonly states: readonly (readonly [state: string, meta: unknown, taskId: string | null])[];
  readonly isExpected: boolean;
  /** What left before the outcome, by calls to the host. */
  readonly published: readonly OutgoingMessage[];
  readonly stored: readonly StoredResult[];
}

export interface TraceOverrides {
  readonly ignoreResult?: boolean;
  /** What storing a state does. */
  readonly writeState?: () => Promise<void>;
  readonly clock?: VirtualClock;
  readonly storeErrorsEvenIfIgnored?: boolean;
  readonly resultExtended?: boolean;
  readonly describesResults?: boolean;
  readonly signals?: SignalTable;
  readonly followUps?: Partial<FollowUps>;
  /** What publishing and storing before the outcome do first. */
  readonly publish?: (message: OutgoingMessage) => void | Promise<void>;
  readonly storeResult?: (result: StoredResult) => void | Promise<void>;
  /** State of every task in the store. */
  readonly storedState?: string;
  /** Gets a line for each publish and store, among those that the test itself adds. */
  readonly order?: string[];
  /** The host has ended the task so; what is traced is its epilogue. */
  readonly endedBy?: HostError;
}

/** The run of the task that the delivery calls. */
export async function traceTask(
  registry: TaskRegistry,
  parts: DeliveryParts = {},
  overrides: TraceOverrides = {},
): Promise<TracedRun> {
  const states: (readonly [string, unknown, string | null])[] = [];
  const published: OutgoingMessage[] = [];
  const stored: StoredResult[] = [];
  const order: string[] = overrides.order ?? [];
  const trace = new Trace({
    registry,
    hostname: 'celery@here',
    acceptContent: ['json'],
    limits: DEFAULT_MESSAGE_LIMITS,
    ignoreResult: overrides.ignoreResult ?? false,
    storeErrorsEvenIfIgnored: overrides.storeErrorsEvenIfIgnored ?? false,
    format: { serializer: 'json', compression: null },
    resultExtended: overrides.resultExtended ?? false,
    describesResults: overrides.describesResults ?? false,
    signals: overrides.signals ?? createSignals(),
    followUps: completed(overrides.followUps ?? {}),
    outlet: {
      publish: async (message) => {
        await overrides.publish?.(message);
        order.push(`publish ${message.routingKey}`);
        published.push(message);
      },
      storeResult: async (result) => {
        await overrides.storeResult?.(result);
        order.push(`store ${result.state}`);
        stored.push(result);
      },
    },
    readState: () => Promise.resolve(overrides.storedState ?? null),
    clock: overrides.clock ?? new VirtualClock(),
    random: createSeededRandom(1),
    loggerFor: () => silentLogger,
    stateWriterFor: () => (state, meta, taskId) => {
      states.push([state, meta, taskId]);
      return overrides.writeState?.() ?? Promise.resolve();
    },
  });
  const { kind, payload } = await trace.run(memberJob(parts, overrides.endedBy ?? null));
  const { document, note, successors, isExpected } = decodeOutcome(payload);
  return {
    kind,
    document: document.length === 0 ? null : decodeResultDocument(document),
    note,
    successors: successors.map(decodeOutgoing),
    states,
    isExpected,
    published,
    stored,
  };
}

function completed(given: Partial<FollowUps>): FollowUps {
  return {
    afterSuccess: (run, value) => (given.afterSuccess === undefined ? [] : given.afterSuccess(run, value)),
    afterFailure: (run, error) => (given.afterFailure === undefined ? [] : given.afterFailure(run, error)),
    wayTo: (place) => (given.wayTo === undefined ? NO_FOLLOW_UPS.wayTo(place) : given.wayTo(place)),
  };
}

function memberJob(parts: DeliveryParts, endedBy: HostError | null): MemberJob {
  const delivery = taskDelivery(parts);
  const body = Buffer.from(delivery.body);
  const controller = new AbortController();
  const head = new HeadWriter().write(delivery);
  return {
    head: endedBy === null ? head : encodeEpilogue(endedBy, head),
    body,
    bodySource: body,
    bodyStart: 0,
    bodyEnd: body.length,
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason);
    },
  };
}
