/** Runs one task through the real Trace, as a member would, without pool or broker. */
import { createSeededRandom } from '../../core/kernel/random.js';
import { silentLogger } from '../../core/ports/logger.js';
import type { MemberJob } from '../../core/ports/member-program.js';
import type { OutgoingMessage } from '../../core/ports/transport.js';
import { decodeOutgoing } from '../../core/protocol/outgoing-record.js';
import { decodeResultDocument, type ResultDocument } from '../../core/protocol/result-document.js';
import { HeadWriter } from '../../core/task/delivery-info.js';
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
  readonly states: readonly (readonly [state: string, meta: unknown])[];
}

export interface TraceOverrides {
  readonly ignoreResult?: boolean;
  /** What storing a state does. */
  readonly writeState?: () => Promise<void>;
  readonly clock?: VirtualClock;
}

/** The run of the task that the delivery calls. */
export async function traceTask(
  registry: TaskRegistry,
  parts: DeliveryParts = {},
  overrides: TraceOverrides = {},
): Promise<TracedRun> {
  const states: (readonly [string, unknown])[] = [];
  const trace = new Trace({
    registry,
    hostname: 'celery@here',
    acceptContent: ['json'],
    ignoreResult: overrides.ignoreResult ?? false,
    clock: overrides.clock ?? new VirtualClock(),
    random: createSeededRandom(1),
    loggerFor: () => silentLogger,
    stateWriterFor: () => (state, meta) => {
      states.push([state, meta]);
      return overrides.writeState?.() ?? Promise.resolve();
    },
  });
  const { kind, payload } = await trace.run(memberJob(parts));
  const { document, note, successors } = decodeOutcome(payload);
  return {
    kind,
    document: document.length === 0 ? null : decodeResultDocument(document),
    note,
    successors: successors.map(decodeOutgoing),
    states,
  };
}

function memberJob(parts: DeliveryParts): MemberJob {
  const delivery = taskDelivery(parts);
  const body = Buffer.from(delivery.body);
  return {
    head: new HeadWriter().write(delivery),
    body,
    bodySource: body,
    bodyStart: 0,
    bodyEnd: body.length,
    signal: new AbortController().signal,
  };
}
