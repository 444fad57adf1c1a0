/** One run of a task under way, and how it has ended before that becomes bytes. Member thread; made by `trace.ts`. */
import type { HeaderBlock } from '../kernel/header-block.js';
import type { MemberJob } from '../ports/member-program.js';
import type { OutgoingMessage } from '../ports/transport.js';
import type { TaskMessage } from '../protocol/task-message.js';
import type { DeliveryInfo } from './delivery-info.js';
import type { OutcomeKind } from './outcome-record.js';
import type { Publications } from './publications.js';
import type { TaskDefinition } from './task-registry.js';

export interface Run {
  readonly job: MemberJob;
  readonly headers: HeaderBlock;
  readonly info: DeliveryInfo;
  readonly message: TaskMessage;
  /** null when no such task is registered here. */
  readonly definition: TaskDefinition | null;
  readonly publications: Publications;
  readonly startedMs: number;
}

export interface Conclusion {
  readonly kind: OutcomeKind;
  /** JSON text of the result document; '' stores nothing. */
  readonly document: string;
  readonly note: string;
  /** Messages to be confirmed before the result is stored. */
  readonly successors: readonly OutgoingMessage[];
  /** An error that the task's `throws` lists (TASK-20). */
  readonly isExpected: boolean;
  /** What hooks and signals get: the value, the error, the `Retry`. */
  readonly outcome: unknown;
}
