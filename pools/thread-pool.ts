/**
 * The thread pool as a product of its own: runs the functions of a module on member threads. A thin face over the lane
 * pool; it adds the codec, a queue for what finds no room, the caller's abort signal and promises. Host thread.
 *
 *     await using pool = new ThreadPool({ filename: new URL('./cpu.js', import.meta.url), maxThreads: 4 });
 *     const digest = await pool.run({ path }, { name: 'sha', signal, timeLimitMs: 1_000 });
 */
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { systemClock } from '../core/kernel/clock.js';
import { PoolError } from '../core/kernel/errors.js';
import type { PoolHandlers } from '../core/ports/pool.js';
import { prepareModule } from '../core/loader/prepare-module.js';
import { packParcel } from './codec/parcel.js';
import { SpareBuffers } from './codec/spare-buffers.js';
import { ValueDecoder } from './codec/value-decoder.js';
import { ValueEncoder } from './codec/value-encoder.js';
import { GatedPool } from './gated-pool.js';
import { PLAIN_RUN, RunJob, type RunOwner } from './run-job.js';
import { RunQueue } from './run-queue.js';
import { SignalWatch } from './signal-watch.js';
import { ThreadCount } from './thread-count.js';
import { LanePool } from './thread/lane-pool.js';
import type { FunctionProgramData } from './thread/member/function-program.js';
import {
  checkRunOptions,
  resolveThreadPoolOptions,
  type ResolvedThreadPoolOptions,
  type RunOptions,
  type ThreadPoolOptions,
} from './thread-pool-options.js';

const PROGRAM_URL = new URL('./thread/member/function-program.js', import.meta.url).href;
const DEFAULT_CLOSE_TIMEOUT_MS = 30_000;
/** So many waiting runs make `needsDrain` true where there is no `maxQueue`. */
const DRAIN_FROM = 1024;

const NO_OPTIONS: RunOptions = {};

/** Emitted in the async context in which the pool was made. */
export interface ThreadPoolEvents {
  /** So many runs wait that it is better to hold back new ones until `drain`. */
  needsDrain: [];
  /** After `needsDrain`: no run waits any more. The members still have work for some milliseconds. */
  drain: [];
}

export class ThreadPool extends EventEmitter<ThreadPoolEvents> implements AsyncDisposable, RunOwner {
  /** Resolves when the first members are ready. Rejects as `run` does when the module cannot be loaded. */
  readonly ready: Promise<void>;
  /** @internal */
  readonly decoder = new ValueDecoder();
  /** @internal */
  readonly spares = new SpareBuffers();
  readonly #encoder = new ValueEncoder(this.spares);
  readonly #queue = new RunQueue<RunJob>();
  readonly #options: ResolvedThreadPoolOptions;
  readonly #threads: ThreadCount;
  readonly #context = new AsyncResource('celeriac.ThreadPool');
  readonly #drainFrom: number;
  readonly #signals = new SignalWatch<RunJob>((jobs, reason) => {
    this.#abort(jobs, reason);
  });
  /** Set when the members are ready. */
  #pool: GatedPool | null = null;
  #starting: GatedPool | null = null;
  #failure: Error | null = null;
  #open = 0;
  #ended = 0;
  #isOver = false;
  #needsDrain = false;
  /** Calls of `close` that wait until the queue is empty. */
  #onDrained: (() => void)[] = [];

  /** @throws ConfigError for options that do not exist or make no sense. */
  constructor(options: ThreadPoolOptions) {
    super();
    this.#options = resolveThreadPoolOptions(options);
    this.#drainFrom = Math.max(1, this.#options.maxQueue ?? DRAIN_FROM);
    const { asyncPerMember = 1 } = this.#options.members;
    this.#threads = new ThreadCount(this.#options, systemClock, {
      onSize: (size) => this.#pool?.resize(size),
      load: () => ({ waiting: this.#runnable - this.#threads.size * asyncPerMember, ended: this.#ended }),
    });
    this.ready = this.#start();
    // Whoever awaits `ready` or a run sees the error; nobody has to.
    this.ready.catch((error: unknown) => {
      this.#failAll(error as Error);
    });
  }

  /** Members that are there. */
  get size(): number {
    return this.#pool === null ? 0 : this.#threads.size;
  }

  /** Runs that wait for room in a member. */
  get queueSize(): number {
    return this.#queue.size;
  }

  /** Whether so many runs wait that new ones should be held back until the event `drain`. */
  get needsDrain(): boolean {
    return this.#needsDrain;
  }

  /** Share of the members that have work, 0–1. */
  get utilization(): number {
    return this.size === 0 ? 0 : Math.min(1, (this.#runnable - this.#queue.size) / this.size);
  }

  /**
   * Runs a function of the module on a member with a copy of `value` and resolves with a copy of its result; the memory of
   * a SharedArrayBuffer in either is shared.
   * @throws what the function threw; `WorkerLostError`, `TimeLimitExceeded`, `TerminatedError`; the reason of `signal`;
   *   DataCloneError when the value cannot be cloned or given away; ConfigError for options that make no sense; PoolError
   *   when the queue is full, or the pool closed.
   */
  run<T = unknown>(value?: unknown, options: RunOptions = NO_OPTIONS): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (options.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
    if (this.#queue.size > 0 && this.#isFull) return Promise.reject(this.#fullError());
    let job: RunJob;
    try {
      job = options === NO_OPTIONS ? this.#plainJob(value) : this.#jobOf(value, options);
    } catch (error) {
      // A getter of the value may throw anything.
      return Promise.reject(error instanceof Error ? error : new PoolError(`encoding failed: ${String(error)}`));
    }
    this.#open++;
    if (this.#queue.size > 0 || this.#pool?.submit(job) !== true) this.#wait(job);
    else if (this.#threads.canGrow && this.#open > this.#threads.size) this.#threads.press();
    return job.promise as Promise<T>;
  }

  /**
   * Changes how many members there are at least and at most. Members that are no longer wanted end their runs first.
   * @throws ConfigError unless both are whole numbers from 1 to 1024 in their order.
   */
  resize(minThreads: number, maxThreads = minThreads): void {
    this.#threads.setBounds(minThreads, maxThreads);
    if (this.#queue.size > 0) this.#threads.grow();
  }

  /** Takes no more runs, waits for those it has, up to `timeoutMs`, and ends the members. */
  async close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS;
    const endMs = systemClock.nowMonoMs() + timeoutMs;
    this.#failure ??= new PoolError('the pool is closed');
    const timer = systemClock.after(timeoutMs, () => {
      this.#isOver = true;
      this.#failAll(this.#failure as Error);
      // Members that still load their module end `ready`, which is waited for below.
      void this.#starting?.close(0);
    });
    await this.ready.catch(() => undefined);
    if (this.#queue.size > 0) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
    timer.cancel();
    this.#threads.close();
    await this.#pool?.close(Math.max(0, endMs - systemClock.nowMonoMs()));
  }

  /** Ends everything now: open runs reject. */
  async destroy(): Promise<void> {
    await this.close({ timeoutMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  ended(job: RunJob): void {
    this.#open--;
    this.#ended++;
    if (job.signal !== null) this.#signals.unfollow(job.signal, job);
    if (job.isQueued) {
      job.isQueued = false;
      this.#queue.forget();
      if (this.#queue.size === 0) this.#tellDrained();
    }
    if (this.#runnable < this.#threads.size) this.#threads.rest(this.#runnable);
  }

  /** Open runs without those that wait for their key or cap: no member could take them. */
  get #runnable(): number {
    return this.#open - (this.#pool?.waitingCount ?? 0);
  }

  async #start(): Promise<void> {
    const { filename, startTimeoutMs, members } = this.#options;
    const { url } = await prepareModule(toUrl(filename));
    if (this.#isOver) throw this.#failure as Error;
    const data: FunctionProgramData = { moduleUrl: url.href };
    const size = this.#threads.size;
    const open = (handlers: PoolHandlers): LanePool =>
      new LanePool({ ...members, programUrl: PROGRAM_URL, data, size }, handlers);
    const pool = new GatedPool(open, {
      onCall: (call) => {
        call.fail(new PoolError('functions of a thread pool make no calls'));
      },
      onRoom: this.#feed,
      onMemberLost: () => undefined,
      onOutput: (_member, stream, text) => {
        process[stream].write(text);
      },
    });
    this.#starting = pool;
    try {
      await pool.start(startTimeoutMs);
    } finally {
      this.#starting = null;
    }
    this.#pool = pool;
    if (this.#threads.size !== size) pool.resize(this.#threads.size);
    this.#feed();
  }

  #plainJob(value: unknown): RunJob {
    if (this.#encoder.encode(value)) return new RunJob(this, this.#encoder, PLAIN_RUN);
    return new RunJob(this, this.#encoder, { ...PLAIN_RUN, parcel: packParcel(value) });
  }

  /** Everything that can fail fails here, before the run counts. */
  #jobOf(value: unknown, options: RunOptions): RunJob {
    checkRunOptions(options);
    const { name, signal, transferList } = options;
    let parcel: MessagePort | null = null;
    if (transferList !== undefined || !this.#encoder.encode(value)) parcel = packParcel(value, transferList);
    const head = name === undefined || name === 'default' ? '' : name;
    const job = new RunJob(this, this.#encoder, {
      head,
      priority: options.priority ?? 0,
      signal: signal ?? null,
      timeLimitMs: options.timeLimitMs ?? null,
      softTimeLimitMs: options.softTimeLimitMs ?? null,
      parcel,
      orderingKey: options.orderingKey ?? null,
      cap: options.cap ?? null,
    });
    if (signal !== undefined) this.#signals.follow(signal, job);
    return job;
  }

  get #isFull(): boolean {
    const { maxQueue } = this.#options;
    return maxQueue !== null && this.#queue.size >= maxQueue;
  }

  #fullError(): PoolError {
    return new PoolError(`${String(this.#queue.size)} runs wait already (maxQueue); wait for the event "drain"`);
  }

  #wait(job: RunJob): void {
    if (this.#isFull) {
      job.fail(this.#fullError());
      return;
    }
    job.isQueued = true;
    this.#queue.push(job);
    this.#threads.grow();
    if (this.#needsDrain || this.#queue.size < this.#drainFrom) return;
    this.#needsDrain = true;
    this.#tell('needsDrain');
  }

  readonly #feed = (): void => {
    const pool = this.#pool;
    for (let job = this.#queue.peek(); job !== undefined && pool !== null; job = this.#queue.peek()) {
      if (!pool.submit(job)) return;
      job.isQueued = false;
      this.#queue.shift();
    }
    if (this.#queue.size === 0) this.#tellDrained();
  };

  #tellDrained(): void {
    for (const resolve of this.#onDrained.splice(0)) resolve();
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.#tell('drain');
  }

  #tell(event: keyof ThreadPoolEvents): void {
    this.#context.runInAsyncScope(() => this.emit(event));
  }

  #failAll(error: Error): void {
    this.#failure ??= error;
    for (let job = this.#queue.peek(); job !== undefined; job = this.#queue.peek()) job.fail(error);
    this.#tellDrained();
  }

  /** What waits goes first, then what lanes hold: or else the room that each one leaves would be filled with the next. */
  #abort(jobs: ReadonlySet<RunJob>, reason: unknown): void {
    for (const job of jobs) if (job.isQueued) job.fail(reason);
    for (const job of jobs) if (!job.isSettled && this.#pool?.recall(job) === true) job.fail(reason);
    for (const job of jobs) {
      if (job.isSettled) continue;
      // First: a promise that is given up ends at once, with another reason.
      job.fail(reason);
      this.#pool?.cancel(job, { terminate: true });
    }
    this.#feed();
  }
}

function toUrl(filename: URL | string): URL {
  if (filename instanceof URL) return filename;
  return filename.startsWith('file:') ? new URL(filename) : pathToFileURL(filename);
}
