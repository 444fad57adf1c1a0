/**
 * Port to a pool of executors (*members*). A pool knows nothing of tasks: it runs a *member program*, a module given by
 * URL whose default export is a `MemberProgramFactory` (core/ports/member-program.ts), hands it bytes, and gives bytes
 * back. All methods run on the host thread; callbacks run there too, batched by turns of the event loop.
 */
import type { MessagePort } from 'node:worker_threads';
import type { WorkerLostError, TimeLimitExceeded, TerminatedError } from '../kernel/errors.js';

/** What a kind of pool can do; what it cannot is said when it is opened with an option that needs it (BUG-29). */
export interface PoolCapabilities {
  /** As `worker_pool` names it. */
  readonly kind: string;
  /** The hard limit ends a computation; otherwise only an awaited promise is given up. */
  readonly endsComputations: boolean;
  /** The soft limit interrupts a synchronous run that never looks at its signal. */
  readonly interruptsComputations: boolean;
  /** A native fault or an abort of a member does not reach the host. */
  readonly containsCrashes: boolean;
  /** Members can be replaced: `renew`, recycling, `resize`. */
  readonly replacesMembers: boolean;
  /** `resize` is refused: its size is what it was opened with. @defaultValue false */
  readonly hasFixedSize?: boolean;
  /** Options of a worker's pool (`PoolOptions`) that mean nothing to it, beyond those that follow from the above. @defaultValue none */
  readonly ignores?: readonly string[];
}

/** Why a member was replaced, or given up. */
export type RetireCause =
  | 'tasks'
  | 'heap'
  | 'rss'
  | 'age'
  | 'interrupted'
  | 'abandoned-run'
  | 'time-limit'
  | 'terminated'
  | 'lost'
  | 'poisoned'
  | 'shrunk'
  | 'renewed';

export interface MemberInfo {
  /** Stable index of the member's place in the pool, from 0; its replacement inherits it. */
  readonly index: number;
  /** Counts the members that have held the place, from 1. */
  readonly epoch: number;
  /** Id of its thread; of its process where it has one of its own, or shares that of the host. */
  readonly threadId: number;
}

export interface MemberSnapshot extends MemberInfo {
  /** `ready` while it takes jobs. */
  readonly state: string;
  /** Jobs handed to it and not ended, started or not. */
  readonly inFlight: number;
  readonly completed: number;
  /** Time in synchronous runs since its start, ms; wraps after 35 minutes. */
  readonly busyMs: number;
  /** Memory that it held when it last looked, between jobs, KiB; 0 before, and where the pool cannot know. */
  readonly heapKib: number;
}

/** At most `limit` jobs with the same `name` run at a time in one pool. */
export interface ConcurrencyCap {
  readonly name: string;
  readonly limit: number;
}

/**
 * One unit of work. The worker's request and `ThreadPool.run()` implement it. The pool reads `head` and `body` again
 * when it must hand the work to another member, so both stay untouched until exactly one of `onOutcome`, `onLost`,
 * `onTimeLimit`, `onTerminated` has been called.
 */
export interface PoolJob {
  /** What the member program needs beside the body, for a task its headers as JSON text; `''` for none. */
  readonly head: string;
  readonly body: Uint8Array;
  /** The body is `body[bodyStart, bodyEnd)`; by default all of it. Spares a view per job. */
  readonly bodyStart?: number;
  readonly bodyEnd?: number;
  /**
   * What is given away with the job beside its body: a port in which one message lies, so that nothing of it is copied.
   * It goes to one member and is gone with it: such a job is never run elsewhere, but lost. @defaultValue none
   */
  readonly parcel?: MessagePort | null;
  /** Hard limit from the start of the run, ms; null for none. */
  readonly timeLimitMs: number | null;
  /** Soft limit from the start of the run, ms; null for none. */
  readonly softTimeLimitMs: number | null;
  /** Whether `onAccepted` is wanted: it costs the member one record. */
  readonly wantsAccepted: boolean;
  /** Jobs of one key run one after another in the order of their submission, on whatever member. @defaultValue none */
  readonly orderingKey?: string | null;
  /** @defaultValue none */
  readonly cap?: ConcurrencyCap | null;
  /** A member has started it. At most once for each member that does. */
  onAccepted(member: MemberInfo): void;
  /**
   * It ended with a record of the program. `kind` is the program's own (0–255); `payload` is valid only during the
   * call: copy what is kept.
   */
  onOutcome(kind: number, payload: Uint8Array): void;
  /** Where given it is called instead of `onOutcome`, with the payload as `bytes[start, end)`. Spares a view per job. */
  onOutcomeRange?(kind: number, bytes: Buffer, start: number, end: number): void;
  /** It ended with a record of the program and something given away. @defaultValue what was given away is dropped */
  onOutcomeParcel?(kind: number, parcel: MessagePort): void;
  /** The member that ran it is gone without an outcome. Work that had not started is never reported, but run elsewhere. */
  onLost(error: WorkerLostError): void;
  onTimeLimit(error: TimeLimitExceeded): void;
  /**
   * A run that was given up at its limit has ended after all (its job was told `onTimeLimit` or `onTerminated`): for the
   * log, and nothing else. `payload` is valid only during the call.
   */
  onLateEnd?(kind: number, payload: Uint8Array): void;
  /** Its soft limit has passed while it runs; the end is told as ever (WORK-41). */
  onSoftTimeLimit?(): void;
  /** It was cancelled, or the pool closed before it ended; `started` tells whether a member had begun it. */
  onTerminated(error: TerminatedError, started: boolean): void;
}

/** A request of a member program to the host, for example a message to publish. */
export interface PoolCall {
  /** The program's own number (0–255). */
  readonly kind: number;
  /** Owned by the receiver. */
  readonly payload: Uint8Array;
  /** The job during which it was made; null outside of one (while loading). */
  readonly job: PoolJob | null;
  readonly member: MemberInfo;
  /** Answers once; dropped without effect when the member is gone. */
  reply(payload: Uint8Array): void;
  /** Answers with an error; only name, message and code travel. */
  fail(error: Error): void;
}

export interface PoolHandlers {
  /** Serves the calls of members. Must not throw. */
  readonly onCall: (call: PoolCall) => void;
  /** There is room again after `submit` answered false. */
  readonly onRoom: () => void;
  /** Before each member starts, the first ones too. */
  readonly onSpawn?: () => void;
  /**
   * Why a member that has loaded its program, with this manifest, cannot take a place, in words; null when it can. One that
   * cannot counts as one that could not be loaded. Not asked about the first of `renew`. Must not throw. @defaultValue each can
   */
  readonly objectionTo?: (manifest: unknown) => string | null;
  /** A member ended on its own; it is being replaced. */
  readonly onMemberLost: (member: MemberInfo, error: WorkerLostError) => void;
  /** A member is replaced, or its place given up; a crash comes as `onMemberLost`, too. `detail` is for a log line. */
  readonly onRetire?: (member: MemberInfo, cause: RetireCause, detail: string) => void;
  /**
   * Members of a place have come to nothing so often that the next one is tried only after this time; told once, until one
   * is of use. `member` is the last of them.
   */
  readonly onHeldBack?: (member: MemberInfo, delayMs: number) => void;
  /** Text that a member wrote to stdout or stderr; `job` where it is known which run wrote it. */
  readonly onOutput: (member: MemberInfo, stream: 'stdout' | 'stderr', text: string, job: PoolJob | null) => void;
}

export interface PoolSnapshot {
  readonly size: number;
  readonly members: readonly MemberSnapshot[];
  /** Jobs handed to members and not ended, started or not. */
  readonly inFlight: number;
  readonly completed: number;
  readonly lost: number;
  readonly recycled: number;
  /** Members that were replaced or given up, by cause. */
  readonly retired: Readonly<Partial<Record<RetireCause, number>>>;
  /** Members beyond the size that are ready and idle until another is lost. */
  readonly warmSpares: number;
  /** Jobs that a lane takes now. */
  readonly laneDepth: number;
  /** Threads that were given up and that native code still holds: Node waits for them when the process is to exit. */
  readonly stuckThreads: number;
}

export interface Pool {
  readonly capabilities: PoolCapabilities;
  /**
   * Starts the members; resolves with one manifest each when all are READY.
   * @throws PoolError when a member cannot load its program or is not READY within `timeoutMs`.
   */
  start(timeoutMs: number): Promise<readonly unknown[]>;
  /** Hands a job over; false when every lane is full (then `onRoom` follows). Never blocks. */
  submit(job: PoolJob): boolean;
  /**
   * Takes a job back. `recalled`: it had not started and never will; nothing is called on it. `running`: a member has
   * it; with `terminate` that member is replaced and `onTerminated` follows. `unknown`: it has ended or never was here.
   */
  cancel(job: PoolJob, options: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown';
  /** Takes a job back that no member has started; false when one has, or it was never here. A running job hears nothing. */
  recall(job: PoolJob): boolean;
  /** Whether a member has started the job and it has not ended, as far as can be seen now. */
  isRunning(job: PoolJob): boolean;
  snapshot(): PoolSnapshot;
  /**
   * Replaces every member, after its last job, by one that is started with `data` and loads its modules anew. Resolves
   * with the manifest of the first new member, before it takes a job.
   * What it has loaded need not be what the old ones had.
   * @throws PoolError when that one cannot load: then the old members stay, with the old data.
   */
  renew(data: unknown): Promise<unknown>;
  /** Changes the number of members; a shrinking pool lets running jobs end. */
  resize(size: number): void;
  /**
   * Waits for jobs in flight up to `timeoutMs`, then ends them with `onTerminated`; resolves when every member is gone.
   */
  close(timeoutMs: number): Promise<void>;
}
