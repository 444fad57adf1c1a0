/** What sends a task again as it is: `request.asExecutionOptions()` (TASK-43), in the names of `applyAsync`. Thread of the run. */
import type { SignatureData } from '../protocol/body.js';

type Signatures = readonly SignatureData[] | null;

export interface ExecutionOptions {
  readonly taskId: string | null;
  readonly rootId: string | null;
  readonly parentId: string | null;
  readonly groupId: string | null;
  readonly groupIndex: number | null;
  readonly chord: SignatureData | null;
  readonly chain: Signatures;
  readonly link: Signatures;
  readonly linkError: Signatures;
  readonly expires: Date | null;
  readonly timeLimit: number | null;
  readonly softTimeLimit: number | null;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly retries: number;
  readonly replyTo: string | null;
  readonly shadow: string | null;
  readonly replacedTaskNesting: number;
  readonly origin: string | null;
  readonly stampedHeaders: readonly string[] | null;
  readonly stamps: Readonly<Record<string, unknown>> | null;
  readonly priority: number | null;
  readonly ignoreResult: boolean | null;
}

/** The fields of a request that travel again. */
type Resendable = Omit<ExecutionOptions, 'taskId' | 'link' | 'linkError'> & {
  readonly id: string | null;
  readonly callbacks: Signatures;
  readonly errbacks: Signatures;
};

export function executionOptionsOf(request: Resendable): ExecutionOptions {
  const { id, rootId, parentId, groupId, groupIndex, chord, chain, callbacks, errbacks, expires } = request;
  const { timeLimit, softTimeLimit, headers, retries, replyTo, shadow, replacedTaskNesting, origin } = request;
  const { stampedHeaders, stamps, priority, ignoreResult } = request;
  return {
    taskId: id,
    rootId,
    parentId,
    groupId,
    groupIndex,
    chord,
    chain,
    link: callbacks,
    linkError: errbacks,
    expires,
    timeLimit,
    softTimeLimit,
    headers: { ...headers },
    retries,
    replyTo,
    shadow,
    replacedTaskNesting,
    origin,
    stampedHeaders,
    stamps,
    priority,
    ignoreResult,
  };
}
