/**
 * The member program behind `ThreadPool`: runs the exported functions of a plain module by name, default export first.
 * Runs inside a member. Values come and go through the default codec.
 */
import { inspect } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import { PoolError } from '../../../core/kernel/errors.js';
import { importModule } from '../../../core/loader/import-module.js';
import type { MemberJob, MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import { toBareErrorRecord, toErrorRecord } from '../../codec/error-record.js';
import { formOfHead, nameOfHead, type BodyForm } from '../../codec/body-form.js';
import { openParcel, packParcel } from '../../codec/parcel.js';
import { RunKind, kindWithForm } from '../../codec/run-kind.js';
import { ValueDecoder } from '../../codec/value-decoder.js';
import { ValueEncoder } from '../../codec/value-encoder.js';
import { isTransferred, type Transferred } from '../../transferred.js';

export interface FunctionProgramData {
  /** Module of JavaScript whose functions are run. */
  readonly moduleUrl: string;
}

/** What a function gets beside its value. */
export interface RunContext {
  /** Aborts when the soft limit passes; `aborted` is true at once, even in a synchronous loop. */
  readonly signal: AbortSignal;
}

type RunFunction = (value: unknown, context: RunContext) => unknown;

const NO_BYTES = new Uint8Array(0);

class FunctionProgram implements MemberProgram {
  readonly manifest: readonly string[];
  readonly #link: MemberLink;
  readonly #functions: ReadonlyMap<string, RunFunction>;
  readonly #default: RunFunction | null;
  readonly #encoder = new ValueEncoder();
  readonly #decoder = new ValueDecoder();
  /** Outcome of a synchronous run: copied before the next one, so one object does for all. */
  readonly #outcome = {
    kind: 0,
    payload: this.#encoder.buffer,
    payloadStart: 0,
    payloadEnd: 0,
    isPayloadOwned: false,
  };

  constructor(functions: ReadonlyMap<string, RunFunction>, link: MemberLink) {
    this.#link = link;
    this.#functions = functions;
    this.#default = functions.get('default') ?? null;
    this.manifest = [...functions.keys()];
  }

  run(job: MemberJob): MemberOutcome | Promise<MemberOutcome> {
    try {
      const form = formOfHead(job.head);
      const name = nameOfHead(job.head, form);
      const run = name === '' ? this.#default : this.#functions.get(name);
      if (run === null || run === undefined) throw this.#unknown(name);
      const value = this.#valueOf(job, form);
      const result = job.isGuarded === true ? runGuarded(run, value, job) : run(value, job);
      if (typeof result === 'object' && result !== null) {
        if (isThenable(result)) return Promise.resolve(result).then(this.#ofValue, this.#ofThrown);
        if (isTransferred(result)) return giveAway(result);
      }
      return this.#write(RunKind.VALUE, result, true);
    } catch (error) {
      return this.#ofThrown(error);
    }
  }

  /** Only what was given away, or holds shared memory, has no body. */
  #valueOf(job: MemberJob, form: BodyForm): unknown {
    if (job.bodyStart === job.bodyEnd) {
      const parcel = this.#link.takeParcel?.() ?? null;
      if (parcel !== null) return openParcel(parcel);
    }
    return this.#decoder.decode(job.bodySource, job.bodyStart, job.bodyEnd, form);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  readonly #ofValue = (value: unknown): MemberOutcome => {
    try {
      if (typeof value === 'object' && value !== null && isTransferred(value)) return giveAway(value);
      return { ...this.#write(RunKind.VALUE, value) };
    } catch (error) {
      return this.#ofThrown(error);
    }
  };

  readonly #ofThrown = (thrown: unknown): MemberOutcome => {
    try {
      if (!(thrown instanceof Error)) return { ...this.#write(RunKind.THROWN_VALUE, thrown) };
      return { ...this.#write(RunKind.ERROR, toErrorRecord(thrown)) };
    } catch {
      // What it carries cannot be cloned, a function for example, or read. Not String(): it may throw in its turn.
      const error = thrown instanceof Error ? thrown : new Error(inspect(thrown));
      return { ...this.#write(RunKind.ERROR, toBareErrorRecord(error)) };
    }
  };

  /** @param isSentNow the outcome is sent before other code runs. */
  #write(kind: number, value: unknown, isSentNow = false): MemberOutcome {
    const encoder = this.#encoder;
    if (!encoder.encode(value, isSentNow)) return inParcel(kind, packParcel(value));
    const outcome = this.#outcome;
    outcome.kind = kindWithForm(kind, encoder.form);
    outcome.payload = encoder.buffer;
    outcome.payloadStart = encoder.start;
    outcome.payloadEnd = encoder.end;
    outcome.isPayloadOwned = encoder.isOwnBuffer;
    return outcome;
  }

  #unknown(name: string): PoolError {
    const wanted = name === '' ? 'default export that is a function' : `exported function "${name}"`;
    return new PoolError(`the pool's module has no ${wanted}; it exports ${this.manifest.join(', ') || 'none'}`);
  }
}

function runGuarded(run: RunFunction, value: unknown, job: MemberJob): unknown {
  return job.guarded === undefined ? run(value, job) : job.guarded(() => run(value, job), run);
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return 'then' in value && typeof value.then === 'function';
}

/** @throws DataCloneError */
function giveAway({ value, transferList }: Transferred): MemberOutcome {
  return inParcel(RunKind.VALUE, packParcel(value, transferList));
}

function inParcel(kind: number, parcel: MessagePort): MemberOutcome {
  return { kind, payload: NO_BYTES, parcel };
}

export default async function createFunctionProgram(link: MemberLink): Promise<MemberProgram> {
  const { moduleUrl } = link.data as FunctionProgramData;
  const module = await importModule(new URL(moduleUrl));
  const functions = new Map<string, RunFunction>();
  // A CommonJS module shows its exports under `default` as well.
  const { default: whole } = module;
  const sources = typeof whole === 'object' && whole !== null ? [whole, module] : [module];
  for (const source of sources) {
    for (const [name, exported] of Object.entries(source)) {
      if (typeof exported === 'function') functions.set(name, exported as RunFunction);
    }
  }
  return new FunctionProgram(functions, link);
}
