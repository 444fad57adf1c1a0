/**
 * The thread pool as a product of its own: runs the functions of a module on member threads. A thin face over the lane
 * pool; it adds the codec, a queue for what finds no room, the caller's abort signal and promises.
 *
 *     await using pool = new ThreadPool({ filename: new URL('./cpu.js', import.meta.url), maxThreads: 4 });
 *     const digest = await pool.run({ path }, { name: 'sha', signal, timeLimitMs: 1_000 });
 */
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import { ConfigError, PoolError } from '../core/kernel/errors.js';
import { prepareModule } from '../core/loader/prepare-module.js';
import { ValueDecoder } from './codec/value-decoder.js';
import { ValueEncoder } from './codec/value-encoder.js';
import { Fifo } from '../core/kernel/fifo.js';
import { RunJob, type RunOwner } from './run-job.js';
import { LanePool } from './thread/lane-pool.js';
import type { FunctionProgramData } from './thread/member/function-program.js';
import type { LanePoolOptions } from './thread/pool-options.js';

const PROGRAM_URL = new URL('./thread/member/function-program.js', import.meta.url).href;
const DEFAULT_START_TIMEOUT_MS = 30_000;
const DEFAULT_CLOSE_TIMEOUT_MS = 30_000;

export interface ThreadPoolOptions {
  /** Module whose exported functions are run: a file URL, or a path. TypeScript is compiled first. */
  readonly filename: URL | string;
  /** Members that are always there. @defaultValue the number of cores */
  readonly minThreads?: number;
  /** Members when work waits. @defaultValue the larger of `minThreads` and the number of cores */
  readonly maxThreads?: number;
  /** Asynchronous runs that one member holds at once. @defaultValue 1 */
  readonly asyncPerMember?: number;
  /** A member is replaced after so many runs; null for never. @defaultValue null */
  readonly maxTasksPerMember?: number | null;
  readonly resourceLimits?: ResourceLimits;
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[] | null;
  /** Time for the first members to load the module, ms. @defaultValue 30000 */
  readonly startTimeoutMs?: number;
}

export interface RunOptions {
  /** Which exported function. @defaultValue 'default' */
  readonly name?: string;
  /** Ends the run: a running one is terminated with its member. */
  readonly signal?: AbortSignal;
  /** ArrayBuffers of the value to give away: they are detached here. */
  readonly transferList?: readonly ArrayBuffer[];
  /** The run ends with its member so long after its start, ms. */
  readonly timeLimitMs?: number;
  /** The function's `context.signal` aborts so long after the start, ms. */
  readonly softTimeLimitMs?: number;
}

const NO_OPTIONS: RunOptions = {};

export class ThreadPool implements AsyncDisposable, RunOwner {
  /** Resolves when the first members are ready. Rejects as `run` does when the module cannot be loaded. */
  readonly ready: Promise<void>;
  /** @internal */
  readonly decoder = new ValueDecoder();
  readonly #encoder = new ValueEncoder();
  readonly #queue = new Fifo<RunJob>();
  readonly #minThreads: number;
  readonly #maxThreads: number;
  /** Set when the members are ready. */
  #pool: LanePool | null = null;
  #starting: LanePool | null = null;
  #failure: Error | null = null;
  #size: number;
  #open = 0;
  #isOver = false;
  /** Calls of `close` that wait until the queue is empty. */
  #onDrained: (() => void)[] = [];

  /** @throws ConfigError when `maxThreads` is below `minThreads`. */
  constructor(options: ThreadPoolOptions) {
    const cores = availableParallelism();
    this.#minThreads = options.minThreads ?? Math.min(cores, options.maxThreads ?? cores);
    this.#maxThreads = options.maxThreads ?? Math.max(cores, this.#minThreads);
    if (this.#maxThreads < this.#minThreads) throw new ConfigError('maxThreads is smaller than minThreads');
    this.#size = this.#minThreads;
    this.ready = this.#start(options);
    // Whoever awaits `ready` or a run sees the error; nobody has to.
    this.ready.catch((error: unknown) => {
      this.#failAll(error as Error);
    });
  }

  /** Members that are there. */
  get size(): number {
    return this.#pool === null ? 0 : this.#size;
  }

  /** Runs that wait for room in a member. */
  get queueSize(): number {
    return this.#queue.size;
  }

  /** Share of the members that have work, 0–1. */
  get utilization(): number {
    // Runs whose signal has aborted are no longer open, but may still stand in the queue.
    return this.size === 0 ? 0 : Math.min(1, Math.max(0, this.#open - this.#queue.size) / this.size);
  }

  /**
   * Runs a function of the module on a member with a copy of `value` and resolves with a copy of its result.
   * @throws what the function threw; `WorkerLostError`, `TimeLimitExceeded`, `TerminatedError`; the reason of `signal`;
   *   DataCloneError when the value cannot be cloned or given away; ConfigError for a limit that is no positive number.
   */
  run<T = unknown>(value?: unknown, options: RunOptions = NO_OPTIONS): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (options.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
    const { name } = options;
    try {
      checkLimits(options);
      this.#encoder.encode(value);
      if (options.transferList !== undefined) detach(options.transferList);
    } catch (error) {
      // A getter of the value may throw anything.
      return Promise.reject(error instanceof Error ? error : new PoolError(`encoding failed: ${String(error)}`));
    }
    const job = new RunJob(this, this.#encoder, {
      head: name === undefined || name === 'default' ? '' : name,
      timeLimitMs: options.timeLimitMs ?? null,
      softTimeLimitMs: options.softTimeLimitMs ?? null,
    });
    if (options.signal !== undefined) this.#follow(options.signal, job);
    this.#open++;
    if (this.#queue.size > 0 || this.#pool?.submit(job) !== true) this.#wait(job);
    return job.promise as Promise<T>;
  }

  /** Takes no more runs, waits for those it has, up to `timeoutMs`, and ends the members. */
  async close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS;
    const endMs = performance.now() + timeoutMs;
    this.#failure ??= new PoolError('the pool is closed');
    const timer = setTimeout(() => {
      this.#isOver = true;
      this.#failAll(this.#failure as Error);
      // Members that still load their module end `ready`, which is waited for below.
      void this.#starting?.close(0);
    }, timeoutMs);
    await this.ready.catch(() => undefined);
    if (this.#queue.size > 0) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
    clearTimeout(timer);
    await this.#pool?.close(Math.max(0, endMs - performance.now()));
  }

  /** Ends everything now: open runs reject. */
  async destroy(): Promise<void> {
    await this.close({ timeoutMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  ended(): void {
    this.#open--;
  }

  async #start(options: ThreadPoolOptions): Promise<void> {
    const { filename, startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = options;
    const { url } = await prepareModule(toUrl(filename));
    if (this.#isOver) throw this.#failure as Error;
    const data: FunctionProgramData = { moduleUrl: url.href };
    const pool = new LanePool(
      {
        ...memberOptions(options),
        programUrl: PROGRAM_URL,
        data,
        size: this.#minThreads,
      },
      {
        onCall: (call) => {
          call.fail(new PoolError('functions of a thread pool make no calls'));
        },
        onRoom: this.#feed,
        onMemberLost: () => undefined,
        onOutput: (_member, stream, text) => {
          process[stream].write(text);
        },
      },
    );
    this.#starting = pool;
    try {
      await pool.start(startTimeoutMs);
    } finally {
      this.#starting = null;
    }
    this.#pool = pool;
    this.#feed();
  }

  #wait(job: RunJob): void {
    this.#queue.push(job);
    if (this.#pool === null || this.#size === this.#maxThreads) return;
    this.#size++;
    this.#pool.resize(this.#size);
  }

  readonly #feed = (): void => {
    const pool = this.#pool;
    for (let job = this.#queue.peek(); job !== undefined && pool !== null; job = this.#queue.peek()) {
      if (!job.isSettled && !pool.submit(job)) return;
      this.#queue.shift();
    }
    if (this.#queue.size === 0) this.#tellDrained();
  };

  #tellDrained(): void {
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  #failAll(error: Error): void {
    this.#failure ??= error;
    for (let job = this.#queue.peek(); job !== undefined; job = this.#queue.peek()) {
      job.fail(error);
      this.#queue.shift();
    }
    this.#tellDrained();
  }

  #follow(signal: AbortSignal, job: RunJob): void {
    const abort = (): void => {
      this.#pool?.cancel(job, { terminate: true });
      job.fail(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    job.unlisten = () => {
      signal.removeEventListener('abort', abort);
    };
  }
}

/** The options that the lane pool takes as they are; an absent one stays absent. */
function memberOptions(options: ThreadPoolOptions): Omit<LanePoolOptions, 'programUrl' | 'data' | 'size'> {
  const { filename: _filename, minThreads: _min, maxThreads: _max, startTimeoutMs: _start, ...rest } = options;
  return rest;
}

function toUrl(filename: URL | string): URL {
  if (filename instanceof URL) return filename;
  return filename.startsWith('file:') ? new URL(filename) : pathToFileURL(filename);
}

function checkLimits({ timeLimitMs, softTimeLimitMs }: RunOptions): void {
  for (const limitMs of [timeLimitMs, softTimeLimitMs]) {
    if (limitMs === undefined || limitMs > 0) continue;
    throw new ConfigError(`a time limit of ${String(limitMs)} ms is not a positive number of milliseconds`);
  }
}

/** The bytes are copied already; detaching keeps the promise that only the receiver has them. */
function detach(buffers: readonly ArrayBuffer[]): void {
  structuredClone(null, { transfer: [...buffers] });
}
