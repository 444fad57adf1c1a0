/** One `ThreadPool.run()`: the pool's job and the caller's promise in one object. Lives on the host. */
import type { MessagePort } from 'node:worker_threads';
import type { TerminatedError, TimeLimitExceeded, WorkerLostError } from '../core/kernel/errors.js';
import { keepHiddenClass } from '../core/kernel/hidden-class.js';
import type { ConcurrencyCap, PoolJob } from '../core/ports/pool.js';
import { fromErrorRecord, type ErrorRecord } from './codec/error-record.js';
import { headOf } from './codec/body-form.js';
import { openParcel } from './codec/parcel.js';
import { RunKind, formOfKind, runKindOf } from './codec/run-kind.js';
import { SpareBuffers } from './codec/spare-buffers.js';
import { ValueDecoder } from './codec/value-decoder.js';
import { ValueEncoder } from './codec/value-encoder.js';

type Resolve = (value: unknown) => void;
type Reject = (reason: unknown) => void;

let capturedResolve: Resolve;
let capturedReject: Reject;
/** Handed to `new Promise`: one function for all of them instead of a closure each. */
function capture(resolve: Resolve, reject: Reject): void {
  capturedResolve = resolve;
  capturedReject = reject;
}

export interface RunJobOptions {
  readonly head: string;
  readonly priority: number;
  readonly signal: AbortSignal | null;
  readonly timeLimitMs: number | null;
  readonly softTimeLimitMs: number | null;
  /** The value, where it is given away or holds shared memory; then there is no body. */
  readonly parcel: MessagePort | null;
  readonly orderingKey: string | null;
  readonly cap: ConcurrencyCap | null;
}

/** A run without options. */
export const PLAIN_RUN: RunJobOptions = Object.freeze({
  ...{ head: '', priority: 0, signal: null, timeLimitMs: null, softTimeLimitMs: null, parcel: null },
  ...{ orderingKey: null, cap: null },
});

export interface RunOwner {
  readonly decoder: ValueDecoder;
  readonly spares: SpareBuffers;
  /** The job is settled, whichever way. */
  ended(job: RunJob): void;
}

export class RunJob implements PoolJob {
  readonly head: string;
  readonly body: Buffer;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly parcel: MessagePort | null;
  readonly priority: number;
  readonly signal: AbortSignal | null;
  readonly timeLimitMs: number | null;
  readonly softTimeLimitMs: number | null;
  readonly orderingKey: string | null;
  readonly cap: ConcurrencyCap | null;
  readonly wantsAccepted = false;
  readonly promise: Promise<unknown>;
  isSettled = false;
  /** It waits in the queue of the ThreadPool. */
  isQueued = false;
  readonly #owner: RunOwner;
  readonly #isBodySpare: boolean;
  readonly #resolve: Resolve;
  readonly #reject: Reject;

  /** Takes over the value that the encoder has just written, unless it is a parcel. */
  constructor(owner: RunOwner, encoder: ValueEncoder, options: RunJobOptions) {
    this.#owner = owner;
    this.head = options.parcel === null ? headOf(options.head, encoder.form) : options.head;
    this.body = encoder.buffer;
    this.bodyStart = encoder.start;
    this.bodyEnd = options.parcel === null ? encoder.end : encoder.start;
    this.#isBodySpare = encoder.isSpare && options.parcel === null;
    this.parcel = options.parcel;
    this.priority = options.priority;
    this.signal = options.signal;
    this.timeLimitMs = options.timeLimitMs;
    this.softTimeLimitMs = options.softTimeLimitMs;
    this.orderingKey = options.orderingKey;
    this.cap = options.cap;
    this.promise = new Promise(capture);
    this.#resolve = capturedResolve;
    this.#reject = capturedReject;
  }

  onAccepted(): void {
    // wantsAccepted is false: never called.
  }

  onOutcome(kind: number, payload: Uint8Array): void {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    this.onOutcomeRange(kind, bytes, 0, bytes.length);
  }

  onOutcomeRange(kind: number, bytes: Buffer, start: number, end: number): void {
    // Whoever has run it reads its body no more; after any other end that cannot be known.
    if (this.#isBodySpare) this.#owner.spares.give(this.body);
    let value: unknown;
    try {
      value = this.#owner.decoder.decode(bytes, start, end, formOfKind(kind));
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#end(kind, value);
  }

  onOutcomeParcel(kind: number, parcel: MessagePort): void {
    let value: unknown;
    try {
      value = openParcel(parcel);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#end(kind, value);
  }

  onLost(error: WorkerLostError): void {
    this.fail(error);
  }

  onTimeLimit(error: TimeLimitExceeded): void {
    this.fail(error);
  }

  onTerminated(error: TerminatedError): void {
    this.fail(error);
  }

  fail(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
  }

  #end(kind: number, value: unknown): void {
    const runKind = runKindOf(kind);
    if (runKind === RunKind.ERROR) this.fail(fromErrorRecord(value as ErrorRecord));
    else if (runKind === RunKind.THROWN_VALUE) this.fail(value);
    else if (this.#settle()) this.#resolve(value);
  }

  #settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    // Frees what no member ever got; does nothing where one has.
    if (this.parcel !== null) this.parcel.close();
    this.#owner.ended(this);
    return true;
  }
}

/** Belongs to nobody and never runs. */
function specimen(): RunJob {
  const spares = new SpareBuffers();
  const encoder = new ValueEncoder(spares);
  encoder.encode(undefined);
  return new RunJob({ decoder: new ValueDecoder(), spares, ended: () => undefined }, encoder, PLAIN_RUN);
}

keepHiddenClass(specimen());
