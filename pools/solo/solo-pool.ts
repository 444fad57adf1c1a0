/**
 * The pool without members: jobs run in the host's own thread (CONC-03), one at a time unless they wait for promises and
 * `asyncPerMember` allows more. While one computes, the host does nothing else: no heartbeat, no command, no limit. Between
 * two jobs lies a turn of the event loop. A job that exits or crashes takes the host with it.
 */
import { systemClock, type Clock } from '../../core/kernel/clock.js';
import {
  ConfigError,
  PoolError,
  TerminatedError,
  TimeLimitExceeded,
  WorkerLostError,
} from '../../core/kernel/errors.js';
import { importModule } from '../../core/loader/import-module.js';
import type {
  MemberLink,
  MemberOutcome,
  MemberProgram,
  MemberProgramFactory,
} from '../../core/ports/member-program.js';
import type {
  MemberSnapshot,
  Pool,
  PoolCapabilities,
  PoolHandlers,
  PoolJob,
  PoolSnapshot,
} from '../../core/ports/pool.js';
import { Closing } from '../closing.js';
import { KeepAlive } from '../keep-alive.js';
import { WaitingJobs } from '../waiting-jobs.js';
import { SoloCall } from './solo-call.js';
import { SoloRun } from './solo-run.js';

export interface SoloPoolOptions {
  /** The member program: a module of JavaScript whose default export is a `MemberProgramFactory`. */
  readonly programUrl: string;
  readonly data?: unknown;
  /** Runs at once, when they are asynchronous. @defaultValue 1 */
  readonly asyncPerMember?: number;
  /** Jobs that wait before `submit` answers false. @defaultValue 64 */
  readonly maxWaiting?: number | null;
  readonly clock?: Clock;
}

const MAX_WAITING = 64;

const CAPABILITIES: PoolCapabilities = Object.freeze({
  kind: 'solo',
  endsComputations: false,
  interruptsComputations: false,
  containsCrashes: false,
  replacesMembers: false,
  hasFixedSize: true,
  ignores: Object.freeze(['maxHeapMb', 'maxRetainedBytes']),
});

export class SoloPool implements Pool {
  readonly capabilities = CAPABILITIES;
  readonly #options: SoloPoolOptions;
  readonly #handlers: PoolHandlers;
  readonly #clock: Clock;
  readonly #waiting = new WaitingJobs();
  readonly #running = new Map<PoolJob, SoloRun>();
  readonly #closing: Closing;
  readonly #keepAlive: KeepAlive;
  #program: MemberProgram | null = null;
  #isTurnScheduled = false;
  #isRoomWanted = false;
  #completed = 0;
  #lost = 0;
  #busyMs = 0;

  constructor(options: SoloPoolOptions, handlers: PoolHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#clock = options.clock ?? systemClock;
    this.#keepAlive = new KeepAlive(this.#clock);
    this.#closing = new Closing(this.#clock, {
      isIdle: () => this.#inFlight === 0,
      isEmpty: () => this.#program === null,
      retireAll: () => {
        void this.#closeProgram();
      },
      endAll: this.#endAll,
    });
  }

  async start(timeoutMs: number): Promise<readonly unknown[]> {
    if (!this.#closing.isNew) throw new PoolError('a pool starts once, and not after it was closed');
    this.#closing.open();
    this.#handlers.onSpawn?.();
    const deadline = new Promise<never>((_, reject) => {
      const late = new PoolError(`the program was not ready within ${String(timeoutMs)} ms`);
      const onLate = (): void => {
        reject(late);
      };
      this.#clock.after(timeoutMs, onLate, { keepsAlive: false });
    });
    try {
      const program = await Promise.race([this.#load(), deadline]);
      this.#program = program;
      return [program.manifest];
    } catch (error) {
      await this.close(0);
      if (error instanceof PoolError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new PoolError(`the member's program could not be loaded: ${reason}`, { cause: error });
    }
  }

  submit(job: PoolJob): boolean {
    if (!this.#closing.isOpen) return false;
    if (this.#waiting.size >= (this.#options.maxWaiting ?? MAX_WAITING)) {
      this.#isRoomWanted = true;
      return false;
    }
    this.#waiting.add(job);
    this.#keepAlive.hold();
    this.#scheduleTurn();
    return true;
  }

  cancel(job: PoolJob, options: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    if (this.recall(job)) return 'recalled';
    const run = this.#running.get(job);
    if (run === undefined) return 'unknown';
    if (options.terminate) {
      this.#abandon(run, () => {
        job.onTerminated(new TerminatedError('the run was terminated'), true);
      });
    } else run.abort(new TerminatedError('the task was cancelled'));
    return 'running';
  }

  recall(job: PoolJob): boolean {
    if (!this.#waiting.withdraw(job)) return false;
    this.#makeRoom();
    this.#restIfIdle();
    return true;
  }

  isRunning(job: PoolJob): boolean {
    return this.#running.has(job);
  }

  snapshot(): PoolSnapshot {
    return {
      size: 1,
      members: this.#program === null ? [] : [this.#member],
      inFlight: this.#inFlight,
      completed: this.#completed,
      lost: this.#lost,
      recycled: 0,
      retired: {},
      laneDepth: this.#options.maxWaiting ?? MAX_WAITING,
      warmSpares: 0,
      stuckThreads: 0,
    };
  }

  /** @throws ConfigError: this thread cannot be replaced. */
  renew(): Promise<unknown> {
    return Promise.reject(new PoolError('the solo pool cannot load its modules anew: restart the worker'));
  }

  /** @throws ConfigError for any size but 1. */
  resize(size: number): void {
    if (size !== 1) throw new ConfigError('the solo pool has one member');
  }

  close(timeoutMs: number): Promise<void> {
    return this.#closing.close(timeoutMs);
  }

  get #inFlight(): number {
    return this.#waiting.size + this.#running.size;
  }

  get #member(): MemberSnapshot {
    return {
      index: 0,
      epoch: 1,
      threadId: process.pid,
      state: 'ready',
      inFlight: this.#inFlight,
      completed: this.#completed,
      busyMs: this.#busyMs,
      heapKib: process.memoryUsage().heapUsed / 1024,
    };
  }

  async #load(): Promise<MemberProgram> {
    const { programUrl, data } = this.#options;
    const { default: factory } = await importModule(new URL(programUrl));
    if (typeof factory !== 'function') {
      throw new PoolError(`${programUrl} has no default export that makes a member program`);
    }
    const link: MemberLink = {
      index: 0,
      epoch: 1,
      data: data ?? null,
      call: (kind, payload, job) =>
        new Promise((resolve, reject) => {
          const caller = job instanceof SoloRun ? job.job : null;
          this.#handlers.onCall(new SoloCall({ kind, payload, job: caller, member: this.#member }, resolve, reject));
        }),
    };
    return (factory as MemberProgramFactory)(link);
  }

  #scheduleTurn(): void {
    if (this.#isTurnScheduled) return;
    this.#isTurnScheduled = true;
    setImmediate(this.#turn);
  }

  /** One job: what the host has to do comes in between. */
  readonly #turn = (): void => {
    this.#isTurnScheduled = false;
    if (this.#program === null || this.#running.size >= (this.#options.asyncPerMember ?? 1)) return;
    const job = this.#waiting.take();
    if (job === null) return;
    this.#run(this.#program, job);
    this.#makeRoom();
    if (this.#waiting.size > 0) this.#scheduleTurn();
  };

  #run(program: MemberProgram, job: PoolJob): void {
    const run = new SoloRun(job, this.#clock);
    this.#running.set(job, run);
    if (job.wantsAccepted) job.onAccepted(this.#member);
    const startedMs = this.#clock.nowMonoMs();
    let outcome: MemberOutcome | Promise<MemberOutcome>;
    try {
      outcome = program.run(run);
    } catch (error) {
      this.#break(run, error);
      return;
    } finally {
      this.#busyMs += this.#clock.nowMonoMs() - startedMs;
    }
    if (!(outcome instanceof Promise)) {
      this.#settle(run, outcome);
      return;
    }
    run.watchLimits(() => {
      this.#abandon(run, () => {
        job.onTimeLimit(new TimeLimitExceeded((job.timeLimitMs ?? 0) / 1_000));
      });
    });
    outcome.then(
      (settled) => {
        this.#settle(run, settled);
      },
      (error: unknown) => {
        this.#break(run, error);
      },
    );
  }

  #settle(run: SoloRun, { kind, payload, payloadStart = 0, payloadEnd = payload.length }: MemberOutcome): void {
    if (run.isAbandoned) return;
    this.#completed++;
    const { job } = run;
    this.#end(run);
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    if (job.onOutcomeRange === undefined) job.onOutcome(kind, bytes.subarray(payloadStart, payloadEnd));
    else job.onOutcomeRange(kind, bytes, payloadStart, payloadEnd);
  }

  /** The program's bug. There is no member to end for it. */
  #break(run: SoloRun, cause: unknown): void {
    if (run.isAbandoned) return;
    this.#lost++;
    this.#end(run);
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    run.job.onLost(new WorkerLostError(`the program failed with ${reason}`, { cause }));
  }

  /** Its promise goes on; nobody waits for it. */
  #abandon(run: SoloRun, tell: () => void): void {
    if (run.isAbandoned) return;
    run.isAbandoned = true;
    this.#end(run);
    run.abort(new TerminatedError('the task was cancelled'));
    tell();
  }

  #end(run: SoloRun): void {
    run.end();
    this.#running.delete(run.job);
    this.#scheduleTurn();
    this.#restIfIdle();
  }

  #restIfIdle(): void {
    if (this.#inFlight === 0) this.#keepAlive.release();
    this.#closing.changed();
  }

  #makeRoom(): void {
    if (!this.#isRoomWanted || this.#waiting.size >= (this.#options.maxWaiting ?? MAX_WAITING)) return;
    this.#isRoomWanted = false;
    this.#handlers.onRoom();
  }

  readonly #endAll = (): void => {
    for (const job of this.#waiting.takeAll()) {
      job.onTerminated(new TerminatedError('the pool closed before the job had started'), false);
    }
    for (const run of [...this.#running.values()]) {
      this.#abandon(run, () => {
        run.job.onTerminated(new TerminatedError('the run was terminated'), true);
      });
    }
    this.#restIfIdle();
  };

  async #closeProgram(): Promise<void> {
    const program = this.#program;
    await program?.close().catch(() => undefined);
    this.#program = null;
    this.#closing.changed();
  }
}
