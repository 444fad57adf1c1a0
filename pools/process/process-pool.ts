/**
 * The pool of child processes: `Pool` (core/ports/pool.ts) for tasks that may crash, leak or hang in native code. Jobs wait
 * on the host and a child gets one at a time until that one waits for a promise or has ended, so no short job stands behind
 * a long one and whatever had not started is run elsewhere. Host thread; it knows bytes and member programs, no tasks.
 */
import { PoolError, TerminatedError } from '../../core/kernel/errors.js';
import type {
  Pool,
  PoolCapabilities,
  PoolHandlers,
  PoolJob,
  PoolSnapshot,
  RetireCause,
} from '../../core/ports/pool.js';
import { Closing } from '../closing.js';
import { KeepAlive } from '../keep-alive.js';
import { Renewal } from '../renewal.js';
import { Startup } from '../startup.js';
import { WaitingJobs } from '../waiting-jobs.js';
import { AbortReason } from './frame.js';
import { Limits } from './limits.js';
import { MemberProcess } from './member-process.js';
import { Places } from './places.js';
import { checkProcessCount, resolveProcessPoolOptions } from './process-options.js';
import type { ProcessPoolOptions, ResolvedProcessPoolOptions } from './process-options.js';
import { Retirement } from './retirement.js';
import { tellEnd, type RunEntry } from './run-entry.js';

const ENTRY_URL = new URL('./member/entry.js', import.meta.url);

const CAPABILITIES: PoolCapabilities = Object.freeze({
  kind: 'processes',
  endsComputations: true,
  interruptsComputations: true,
  containsCrashes: true,
  replacesMembers: true,
  ignores: Object.freeze(['warmSpares', 'maxRetainedBytes']),
});

export class ProcessPool implements Pool {
  readonly capabilities = CAPABILITIES;
  readonly #options: ResolvedProcessPoolOptions;
  readonly #handlers: PoolHandlers;
  readonly #places: Places;
  readonly #waiting = new WaitingJobs();
  readonly #startup: Startup;
  readonly #renewal: Renewal<MemberProcess>;
  readonly #limits: Limits;
  readonly #retirement: Retirement;
  readonly #closing: Closing;
  readonly #keepAlive: KeepAlive;
  #readyWithinMs = Infinity;
  #inFlight = 0;
  #completed = 0;
  #lost = 0;
  #isRoomWanted = false;

  /** @throws ConfigError for options out of range. */
  constructor(options: ProcessPoolOptions, handlers: PoolHandlers) {
    this.#options = resolveProcessPoolOptions(options);
    this.#handlers = handlers;
    const { clock, random } = this.#options;
    this.#keepAlive = new KeepAlive(clock);
    this.#startup = new Startup(clock);
    this.#places = new Places({ clock, random, spawn: this.#spawn });
    this.#retirement = new Retirement(this.#places, this.#options, handlers);
    this.#renewal = new Renewal(this.#options.data, clock, {
      startSpare: () => {
        for (const member of this.#places.feedable()) {
          const spare = this.#places.prepareSpare(member);
          if (spare !== null) return spare;
        }
        return null;
      },
      retireOthers: (renewed) => {
        // Their replacements join while they leave.
        for (const member of [...this.#places.members]) {
          if (member !== renewed) this.#retirement.retire(member, 'renewed', 'its modules are out of date');
        }
      },
    });
    this.#limits = new Limits(clock, {
      retire: (member) => {
        this.#retirement.retire(member, 'abandoned-run', 'the promise of a job was given up');
      },
      terminate: this.#terminate,
      onAbandoned: (member, { job }, verdict) => {
        tellEnd(job, verdict, member.lostError);
        this.#countEnd(1);
        this.#feed();
      },
    });
    this.#closing = new Closing(clock, {
      isIdle: () => this.#inFlight === 0,
      isEmpty: () => this.#places.members.size === 0,
      retireAll: () => {
        this.#places.close();
        for (const member of this.#places.members) this.#retirement.dismiss(member);
      },
      endAll: this.#endAll,
    });
  }

  async start(timeoutMs: number): Promise<readonly unknown[]> {
    if (!this.#closing.isNew) throw new PoolError('a pool starts once, and not after it was closed');
    this.#closing.open();
    this.#readyWithinMs = timeoutMs;
    const manifests = this.#startup.begin(this.#options.size, timeoutMs);
    this.#places.resize(this.#options.size);
    try {
      return await manifests;
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  submit(job: PoolJob): boolean {
    if (!this.#closing.isOpen) return false;
    if (this.#waiting.size >= this.#waitingRoom && !this.#hasFreeMember) {
      this.#isRoomWanted = true;
      this.#keepAlive.hold();
      return false;
    }
    this.#waiting.add(job);
    this.#inFlight++;
    this.#keepAlive.hold();
    this.#feed();
    return true;
  }

  cancel(job: PoolJob, options: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    if (this.recall(job)) return 'recalled';
    const found = this.#find(job);
    if (found === null) return 'unknown';
    if (options.terminate) this.#limits.end(found.member, found.entry, 'terminated');
    else found.member.abort(found.entry, AbortReason.CANCELLED);
    return 'running';
  }

  /** A job that was sent counts as started: the child may be at its first line. */
  recall(job: PoolJob): boolean {
    if (!this.#waiting.withdraw(job)) return false;
    this.#countEnd(1);
    this.#makeRoom();
    return true;
  }

  isRunning(job: PoolJob): boolean {
    return this.#find(job) !== null;
  }

  snapshot(): PoolSnapshot {
    return {
      size: this.#places.size,
      members: [...this.#places.members].map((member) => member.snapshot()),
      inFlight: this.#inFlight,
      completed: this.#completed,
      lost: this.#lost,
      recycled: this.#retirement.recycledCount,
      retired: this.#retirement.retired,
      laneDepth: this.#options.waitingPerMember,
      warmSpares: 0,
      stuckThreads: this.#retirement.stuckCount,
    };
  }

  /** @throws ConfigError when the size is out of range. */
  resize(size: number): void {
    checkProcessCount(size);
    if (!this.#closing.isOpen) return;
    for (const member of this.#places.resize(size)) {
      this.#retirement.retire(member, 'shrunk', 'the pool is smaller now');
    }
    this.#startup.resize(size);
  }

  renew(data: unknown): Promise<unknown> {
    if (!this.#closing.isOpen) return Promise.reject(new PoolError('a closed pool cannot renew its members'));
    return this.#renewal.begin(data, this.#readyWithinMs);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#keepAlive.hold();
    const closed = this.#closing.close(timeoutMs);
    this.#startup.fail(new PoolError('the pool was closed while it started'));
    this.#renewal.fail(null, new PoolError('the pool was closed while its members were renewed'));
    await closed;
    this.#keepAlive.release();
  }

  get #waitingRoom(): number {
    return this.#options.waitingPerMember * this.#places.size;
  }

  readonly #spawn = (index: number, epoch: number): MemberProcess => {
    this.#handlers.onSpawn?.();
    const { maxMemoryPerMemberKib, maxRssMb } = this.#options;
    return new MemberProcess(
      {
        ...this.#options,
        data: this.#renewal.data,
        index,
        epoch,
        entryUrl: ENTRY_URL,
        readyWithinMs: this.#readyWithinMs,
        watchesMemory: maxMemoryPerMemberKib !== Infinity || maxRssMb !== Infinity,
      },
      {
        objectionTo: (member, manifest) =>
          this.#renewal.isNew(member) ? null : (this.#handlers.objectionTo?.(manifest) ?? null),
        onReady: (member, manifest) => {
          this.#startup.ready(member, manifest);
          this.#renewal.ready(member, manifest);
          this.#retirement.ready(member);
          this.#feed();
        },
        onStarted: (member, entry, startedMs) => {
          this.#limits.started(member, entry, startedMs);
          if (entry.job.wantsAccepted && !entry.isAbandoned) entry.job.onAccepted(member);
        },
        onOutcome: ({ job }, kind, payload) => {
          this.#completed++;
          this.#countEnd(1);
          if (job.onOutcomeRange === undefined) job.onOutcome(kind, payload);
          else job.onOutcomeRange(kind, payload, 0, payload.length);
        },
        onChange: (member) => {
          this.#retirement.look(member);
          this.#feed();
        },
        onCall: this.#handlers.onCall,
        onOutput: this.#handlers.onOutput,
        onStruck: (member) => {
          this.#putBack(member.takeUnstarted());
          this.#retirement.retire(member, 'interrupted', 'a run of it was interrupted at its soft time limit');
        },
        onPoisoned: (member) => {
          this.#terminate(member, 'poisoned', 'it wrote what no member writes into its pipe');
        },
        onGone: this.#gone,
      },
    );
  };

  /** Hands out what waits, to the member that has least to do. */
  #feed(): void {
    while (this.#waiting.size > 0) {
      const member = this.#freeMember();
      if (member === null) break;
      const job = this.#waiting.take();
      if (job === null) break;
      member.give(job);
      if (member.assignedCount >= this.#options.maxTasksPerMember) this.#places.prepareSpare(member);
    }
    this.#makeRoom();
  }

  get #hasFreeMember(): boolean {
    return this.#freeMember() !== null;
  }

  #freeMember(): MemberProcess | null {
    const { asyncPerMember, maxTasksPerMember } = this.#options;
    let best: MemberProcess | null = null;
    for (const member of this.#places.feedable()) {
      const count = member.takenSlots;
      if (count >= asyncPerMember || member.assignedCount >= maxTasksPerMember || !member.isWaiting) continue;
      if (best === null || count < best.takenSlots) best = member;
    }
    return best;
  }

  #find(job: PoolJob): { readonly member: MemberProcess; readonly entry: RunEntry } | null {
    for (const member of this.#places.members) {
      const entry = member.find(job);
      if (entry !== null) return { member, entry };
    }
    return null;
  }

  /** Its place does not wait until it is gone. */
  readonly #terminate = (member: MemberProcess, cause: RetireCause, reason: string): void => {
    const { state } = member;
    if (state === 'terminating' || state === 'gone') return;
    this.#retirement.count(member, cause, reason);
    member.terminate(reason);
    if (state === 'ready' || state === 'retiring') this.#places.release(member);
    this.#feed();
  };

  readonly #gone = (member: MemberProcess): void => {
    const again: PoolJob[] = [];
    const cutShort: RunEntry[] = [];
    for (const entry of member.runs.values()) {
      if (entry.isAbandoned) continue;
      if (entry.phase === 'sent' && entry.verdict === 'none') again.push(entry.job);
      else cutShort.push(entry);
    }
    member.runs.clear();
    this.#putBack(again);
    this.#retirement.lostSpare(member);
    this.#places.gone(member, member.wasUseful);
    const error = member.lostError;
    this.#countEnd(cutShort.length);
    for (const { job, verdict } of cutShort) {
      if (verdict === 'none') this.#lost++;
      tellEnd(job, verdict, error);
    }
    if (member.isLoss) this.#tellLoss(member);
    this.#retirement.gone(member);
    this.#renewal.gone(member);
    this.#feed();
    this.#closing.changed();
  };

  #tellLoss(member: MemberProcess): void {
    const reason = member.loadError ?? member.lostError;
    if (this.#startup.fail(reason) || this.#renewal.fail(member, reason)) return;
    if (member.endReason === null) this.#retirement.count(member, 'lost', reason.message);
    this.#handlers.onMemberLost(member, member.lostError);
  }

  #putBack(jobs: readonly PoolJob[]): void {
    if (!this.#closing.isEnding) {
      this.#waiting.putBack(jobs);
      return;
    }
    this.#countEnd(jobs.length);
    const error = new TerminatedError('the pool closed before the job had started');
    for (const job of jobs) job.onTerminated(error, false);
  }

  readonly #endAll = (): void => {
    this.#places.close();
    this.#putBack(this.#waiting.takeAll());
    for (const member of this.#places.members) {
      for (const entry of member.runs.values()) {
        if (entry.verdict === 'none' && entry.phase !== 'sent') entry.verdict = 'terminated';
      }
      member.terminate('the pool was closed');
    }
  };

  #makeRoom(): void {
    if (!this.#isRoomWanted || !this.#closing.isOpen) return;
    if (this.#waiting.size >= this.#waitingRoom && !this.#hasFreeMember) return;
    this.#isRoomWanted = false;
    this.#handlers.onRoom();
    this.#restIfIdle();
  }

  #countEnd(count: number): void {
    this.#inFlight -= count;
    if (count === 0 || this.#inFlight > 0) return;
    this.#restIfIdle();
    this.#closing.changed();
  }

  #restIfIdle(): void {
    if (this.#inFlight > 0 || this.#isRoomWanted || !this.#closing.isOpen) return;
    this.#keepAlive.release();
  }
}
