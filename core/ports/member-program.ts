/**
 * Port between a pool's member side and the program it runs. Everything here runs inside the member. A program module's
 * default export is a `MemberProgramFactory`; the pool calls it once, before READY.
 */
import type { MessagePort } from 'node:worker_threads';

export interface MemberJob {
  readonly head: string;
  /** Valid until the program has returned or its promise has settled. */
  readonly body: Uint8Array;
  /** The same body as `bodySource[bodyStart, bodyEnd)`, for programs that spare the view. */
  readonly bodySource: Buffer;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Aborts when the soft limit passes or the job is cancelled; `aborted` is true at once, even in a synchronous loop. */
  readonly signal: AbortSignal;
  /**
   * Whether `guarded` may interrupt: the job has a soft limit, and the pool can end code that does not listen.
   * @defaultValue false
   */
  readonly isGuarded?: boolean;
  /**
   * Calls user code so that the soft limit ends it even where it never looks at the signal: its synchronous part, an
   * async function up to its first `await`. Nothing but user code belongs in it, since no `finally` of it runs then.
   * @param owner the function: once it was seen to read the signal it is called as it is, which costs nothing.
   * @throws SoftTimeLimitExceeded when it was interrupted; else what `call` throws.
   */
  guarded?<T>(call: () => T, owner: object): T;
  /** Aborts the signal from within the run; nothing else ends by it, and the host does not hear of it. */
  abort(reason: Error): void;
}

/** What a run gives back: the program's own kind (0–255) and bytes, copied before `run` is called again. */
export interface MemberOutcome {
  readonly kind: number;
  readonly payload: Uint8Array;
  /** The payload is `payload[payloadStart, payloadEnd)`; by default all of it. */
  readonly payloadStart?: number;
  readonly payloadEnd?: number;
  /** The payload is all of an ArrayBuffer that the program will not touch again: a large one is given away, not copied. */
  readonly isPayloadOwned?: boolean;
  /** What is given away with the outcome: a port in which one message lies. The payload is empty then. */
  readonly parcel?: MessagePort;
}

export interface MemberProgram {
  /** Sent to the host with READY: JSON-like data, compared between members by whoever starts the pool. */
  readonly manifest: unknown;
  /** Runs one job. An error that it throws is the program's bug and ends the member. */
  run(job: MemberJob): MemberOutcome | Promise<MemberOutcome>;
  /**
   * The run whose code is executing now, for what it prints. Needed only of a program whose asynchronous runs share a
   * member: it is not asked during the synchronous part of a run. @defaultValue the only run there is
   */
  currentJob?(): MemberJob | null;
  /** Called before a member that is retired or closed ends, not before one that is terminated. */
  close(): Promise<void>;
}

/** The member's way to its host. */
export interface MemberLink {
  readonly index: number;
  readonly epoch: number;
  /** Given to the pool for its members; structured-clonable. */
  readonly data: unknown;
  /** What was given away with the job that `run` was called with, once; null for nothing. Within `run`, in a thread, only. */
  takeParcel?(): MessagePort | null;
  /**
   * Sends a call and resolves with the reply. The record is committed before `call` returns, so it is carried out even
   * if the member is killed then; when the ring is full it waits, in order.
   * @param job the running job it belongs to; null outside of one.
   * @throws the host's error, as an `Error` with its name, message and code.
   */
  call(kind: number, payload: Uint8Array, job: MemberJob | null): Promise<Uint8Array>;
  /**
   * As `call`, for what may need another job of the pool before it can be answered: until the reply the job does not
   * count against what its member runs at once. Views of its body are void from here on; `job.body` itself stays readable.
   * @defaultValue `call`: the job keeps its place
   */
  wait?(kind: number, payload: Uint8Array, job: MemberJob | null): Promise<Uint8Array>;
}

export type MemberProgramFactory = (link: MemberLink) => Promise<MemberProgram> | MemberProgram;
