/**
 * What the handles of results share: a task's (`AsyncResult`), a group's (`GroupResult`). Trees of results are made of
 * these. Only types and one constant; client, host and member.
 */
import type { ControlClient, RevokeOptions } from '../control/control-client.js';
import type { ControlReplies } from '../control/control-reply.js';
import type { Clock } from '../kernel/clock.js';
import type { StoredResult } from '../ports/backend.js';
import type { ErrorPrototypes } from '../protocol/exception.js';
import type { MessageLimits } from '../protocol/message-limits.js';
import type { ResultFormat } from '../protocol/result-format.js';
import type { ResultTuple } from '../protocol/result-tuple.js';
import type { Outlet } from '../task/outlet.js';

/** Everything that is stored about a task at one moment (BKE-21, BKE-22). */
export interface ResultMeta {
  readonly taskId: string;
  /** PENDING also for an id that nobody knows. */
  readonly state: string;
  /** The value; the error in FAILURE, RETRY and REVOKED; the data of a custom state; null while PENDING. */
  readonly result: unknown;
  /** Stack or traceback at the other side. */
  readonly traceback: string | null;
  /** Results of what the task has sent. */
  readonly children: readonly ResultNode[];
  /** When the task ended; null before. */
  readonly dateDone: Date | null;
  readonly groupId: string | null;
  readonly parentId: string | null;
  /** The following are stored with `resultExtended` only, and null otherwise. */
  readonly name: string | null;
  readonly args: unknown;
  readonly kwargs: unknown;
  /** Name of the node that ran it. */
  readonly worker: string | null;
  readonly retries: number | null;
  /** Routing key by which it came. */
  readonly queue: string | null;
}

/** Time between two reads of a backend that cannot push, and between calls of `onInterval`, ms (BKE-36). */
export const DEFAULT_INTERVAL_MS = 500;

/** How to wait for results (RES-02). */
export interface GetOptions {
  /** Longest wait in ms; 0 takes what is there, null waits for as long as the process lives. @defaultValue null */
  readonly timeoutMs?: number | null;
  /** Throw the task's error when it failed; else resolve with it. @defaultValue true */
  readonly propagate?: boolean;
  /** First throw the error of a task before it in a chain that failed (RES-04). @defaultValue true */
  readonly followParents?: boolean;
  /** Ms between two calls of `onInterval` and two reads of a backend that cannot push. @defaultValue 500 */
  readonly intervalMs?: number;
  /** Called with each value that is returned, and before it is (RES-05). */
  readonly callback?: (taskId: string, value: unknown) => void;
  /** Called with each state that the task goes through while it is waited for, the last one too (CALL-45). */
  readonly onMessage?: (meta: ResultMeta) => void;
  /** Called every `intervalMs` of the wait; what it throws ends the wait. */
  readonly onInterval?: () => void;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
  /** false: also inside a task, where waiting can block the workers for ever (RES-06). @defaultValue true */
  readonly disableSyncSubtasks?: boolean;
}

/** One task of a tree: what was read about it. @internal */
export interface ResultLeaf {
  readonly id: string;
  /** Nothing will ever be stored: nobody may wait for it. */
  readonly ignored: boolean;
  /** The last state that cannot change any more; null while there is none. */
  readonly settled: ResultMeta | null;
  /** Takes what the backend answered; null: it knows nothing. */
  absorb(stored: StoredResult | null): ResultMeta;
}

export interface ResultNode<R = unknown> {
  readonly id: string;
  /** The result before it in a chain; null for the first. */
  readonly parent: ResultNode | null;
  /** Waits for the end and resolves with the value. */
  get(options?: GetOptions): Promise<R>;
  /** As `get`, of what is there. */
  maybeThrow(options?: Pick<GetOptions, 'propagate' | 'callback'>): Promise<R>;
  ready(): Promise<boolean>;
  successful(): Promise<boolean>;
  failed(): Promise<boolean>;
  /** Results of what it has sent, or the members of a group. */
  children(): Promise<readonly ResultNode[]>;
  /** Removes what is stored. */
  forget(): Promise<void>;
  /** Tells all workers not to run its tasks (RES-08); with `terminate` those that run are ended. */
  revoke(options?: RevokeOptions): Promise<ControlReplies>;
  /** The same of tasks with one of these stamps: header → value or values. */
  revokeByStampedHeaders(
    headers: Readonly<Record<string, string | readonly string[]>>,
    options?: RevokeOptions,
  ): Promise<ControlReplies>;
  /** The form in which it travels (RES-30). */
  asTuple(): ResultTuple;
  equals(other: unknown): boolean;
  /** The tasks in it. @internal */
  leaves(): readonly ResultLeaf[];
}

/** What handles need of the app. @internal */
export interface ResultSource {
  readonly outlet: Outlet;
  readonly control: () => ControlClient;
  readonly clock: Clock;
  /** Error classes that the app has registered. */
  readonly errors: ErrorPrototypes;
  /** How documents are stored; null: as plain JSON. */
  readonly format: ResultFormat | null;
  /** What a document may cost its reader. */
  readonly limits: MessageLimits;
  /** Whether errors carry the remote stack as their cause (`taskRemoteTracebacks`). */
  readonly remoteTracebacks: boolean;
  fromTuple(tuple: ResultTuple): ResultNode;
}
