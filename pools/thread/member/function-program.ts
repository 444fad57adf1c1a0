/**
 * The member program behind `ThreadPool`: runs the exported functions of a plain module by name, default export first.
 * Runs inside a member. Values come and go through the default codec.
 */
import { inspect } from 'node:util';
import { PoolError } from '../../../core/kernel/errors.js';
import { importModule } from '../../../core/loader/import-module.js';
import type { MemberJob, MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import { toBareErrorRecord, toErrorRecord } from '../../codec/error-record.js';
import { RunKind } from '../../codec/run-kind.js';
import { ValueDecoder } from '../../codec/value-decoder.js';
import { ValueEncoder } from '../../codec/value-encoder.js';

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

class FunctionProgram implements MemberProgram {
  readonly manifest: readonly string[];
  readonly #functions: ReadonlyMap<string, RunFunction>;
  readonly #default: RunFunction | null;
  readonly #encoder = new ValueEncoder();
  readonly #decoder = new ValueDecoder();
  /** Outcome of a synchronous run: copied before the next one, so one object does for all. */
  readonly #outcome = { kind: 0, payload: this.#encoder.buffer, payloadStart: 0, payloadEnd: 0 };

  constructor(functions: ReadonlyMap<string, RunFunction>) {
    this.#functions = functions;
    this.#default = functions.get('default') ?? null;
    this.manifest = [...functions.keys()];
  }

  run(job: MemberJob): MemberOutcome | Promise<MemberOutcome> {
    try {
      const run = job.head === '' ? this.#default : this.#functions.get(job.head);
      if (run === null || run === undefined) throw this.#unknown(job.head);
      const value = this.#decoder.decode(job.bodySource, job.bodyStart, job.bodyEnd);
      const result = job.isGuarded === true ? runGuarded(run, value, job) : run(value, job);
      if (isThenable(result)) return Promise.resolve(result).then(this.#ofValue, this.#ofThrown);
      return this.#write(RunKind.VALUE, result);
    } catch (error) {
      return this.#ofThrown(error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  readonly #ofValue = (value: unknown): MemberOutcome => {
    try {
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

  #write(kind: number, value: unknown): MemberOutcome {
    const encoder = this.#encoder;
    encoder.encode(value);
    const outcome = this.#outcome;
    outcome.kind = kind;
    outcome.payload = encoder.buffer;
    outcome.payloadStart = encoder.start;
    outcome.payloadEnd = encoder.end;
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
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
  return new FunctionProgram(functions);
}
