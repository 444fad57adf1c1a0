/**
 * The members of a pool from start to end: who is there (roster), who loads (startup, renewal), who is replaced
 * (recycling, replacements), how each leaves (departures). The pool asks it for members, tells it what it has read from
 * them, and hears of jobs that come back. Host thread; it writes no record and reads none.
 */
import type { PoolError, WorkerLostError } from '../../core/kernel/errors.js';
import type { PoolHandlers, PoolSnapshot } from '../../core/ports/pool.js';
import { Departures } from './departures.js';
import type { Dispatcher } from './dispatcher.js';
import type { InFlightEntry } from './in-flight.js';
import { MemberHandle } from './member-handle.js';
import type { ResolvedLanePoolOptions } from './pool-options.js';
import { Recycling } from './recycling.js';
import { Renewal } from '../renewal.js';
import { Replacements } from './replacements.js';
import { Roster } from './roster.js';
import { Startup } from '../startup.js';

const SHRUNK = 'the pool is smaller now';
const OUTDATED = 'its modules are old';
const ENTRY_URL = new URL('./member/entry.js', import.meta.url);

export interface CrewParts {
  readonly handlers: PoolHandlers;
  readonly dispatcher: Dispatcher;
  /** The time of the pool is over: nothing is run again. */
  readonly isEnding: () => boolean;
  /** Reads what the member has sent. */
  readonly drain: (member: MemberHandle) => void;
  /** Jobs were put back, or a lane became free. */
  readonly makeRoom: () => void;
  readonly onJobsEnded: (count: number) => void;
  /** One more takes jobs. */
  readonly onReady: () => void;
  readonly onGone: () => void;
  readonly onBell: (member: MemberHandle) => void;
  readonly onReply: () => void;
  readonly onTimeLimit: (member: MemberHandle, entry: InFlightEntry) => void;
}

export class Crew {
  /** Every member whose thread has not ended. */
  readonly members: ReadonlySet<MemberHandle>;
  readonly departures: Departures;
  readonly #options: ResolvedLanePoolOptions;
  readonly #parts: CrewParts;
  readonly #roster: Roster<MemberHandle>;
  readonly #startup: Startup;
  readonly #renewal: Renewal<MemberHandle>;
  readonly #replacements: Replacements<MemberHandle>;
  readonly #recycling: Recycling<MemberHandle>;
  #readyWithinMs = Infinity;

  constructor(options: ResolvedLanePoolOptions, parts: CrewParts) {
    this.#options = options;
    this.#parts = parts;
    const { clock, random } = options;
    const { handlers, isEnding, drain, makeRoom, onJobsEnded } = parts;
    this.#startup = new Startup(clock);
    this.#roster = new Roster({
      clock,
      random,
      spawn: this.#spawn,
      onChange: this.#onChange,
      onHeldBack: (member, delayMs) => handlers.onHeldBack?.(member, delayMs),
    });
    this.members = this.#roster.members;
    this.departures = new Departures(this.#roster, parts.dispatcher, {
      isEnding,
      drain,
      makeRoom,
      onJobsEnded,
      onLoss: this.#onLoss,
      onRetire: (member, cause, detail) => handlers.onRetire?.(member, cause, detail),
    });
    this.#renewal = new Renewal(options.data, clock, {
      startSpare: () => this.#roster.startSpare(),
      retireOthers: (renewed) => {
        // As they are now: those that replace them join while they leave, and are new.
        for (const member of [...this.members]) {
          if (member !== renewed) this.departures.retire(member, 'renewed', OUTDATED);
        }
      },
    });
    this.#replacements = new Replacements({
      size: () => this.#roster.size,
      spareFor: (member) => this.#roster.spareFor(member),
      retire: this.departures.retire,
    });
    this.#recycling = new Recycling(options, {
      clock,
      random,
      members: this.members,
      rssBytes: () => process.memoryUsage.rss(),
      replacements: this.#replacements,
      retire: this.departures.retire,
    });
  }

  get size(): number {
    return this.#roster.size;
  }

  /** Resolves with the manifests of the first members, in the order of their places. @throws PoolError */
  async start(timeoutMs: number): Promise<readonly unknown[]> {
    this.#readyWithinMs = timeoutMs;
    const started = this.#startup.begin(this.#options.size, timeoutMs);
    this.#roster.resize(this.#options.size);
    const manifests = await started;
    // Only now: the first members need the cores for themselves.
    this.#roster.keepWarm(this.#options.warmSpares);
    return manifests;
  }

  resize(size: number): void {
    for (const member of this.#roster.resize(size)) this.departures.retire(member, 'shrunk', SHRUNK);
    this.#startup.resize(size);
  }

  renew(data: unknown): Promise<unknown> {
    return this.#renewal.begin(data, this.#readyWithinMs);
  }

  /** The pool is to close: nobody waits for members that load. */
  giveUp(starting: PoolError, renewing: PoolError): void {
    this.#startup.fail(starting);
    this.#renewal.fail(null, renewing);
    this.#recycling.close();
  }

  /** Something was read from the member: it may have run all that it may, or all that it had. */
  settled(member: MemberHandle): void {
    this.departures.recycleIfUsedUp(member, this.#options.maxTasksPerMember);
    this.departures.finishIfDone(member);
  }

  /** Starts replacements for members that have been given all that they may run. */
  prepareSpares(): void {
    const { maxTasksPerMember } = this.#options;
    if (maxTasksPerMember === Infinity) return;
    for (const member of this.members) if (member.assignedCount >= maxTasksPerMember) this.#roster.spareFor(member);
  }

  snapshot(): Pick<PoolSnapshot, 'size' | 'members' | 'lost' | 'recycled' | 'retired' | 'warmSpares' | 'stuckThreads'> {
    const { lostCount, recycledCount, retired, stuckThreads } = this.departures;
    return {
      size: this.#roster.size,
      members: [...this.members].map((member) => member.snapshot()),
      lost: lostCount,
      recycled: recycledCount,
      retired,
      warmSpares: this.#roster.warmCount,
      stuckThreads,
    };
  }

  readonly #spawn = (index: number, epoch: number): MemberHandle => {
    const { handlers, onBell, onReply, onTimeLimit, onGone } = this.#parts;
    const { maxMemoryPerMemberKib, maxRssMb } = this.#options;
    handlers.onSpawn?.();
    return new MemberHandle(
      {
        ...this.#options,
        data: this.#renewal.data,
        memoryLimits: {
          isWatched: maxMemoryPerMemberKib !== null || maxRssMb !== null,
          maxGrowthKib: maxMemoryPerMemberKib,
        },
        index,
        epoch,
        entryUrl: ENTRY_URL,
        readyWithinMs: this.#readyWithinMs,
      },
      {
        objectionTo: (member, manifest) =>
          this.#renewal.isNew(member) ? null : (handlers.objectionTo?.(manifest) ?? null),
        onReady: this.#onReady,
        onBell,
        onReply,
        onOutput: handlers.onOutput,
        onGone: (member) => {
          this.departures.gone(member);
          this.#renewal.gone(member);
          onGone();
        },
        onTimeLimit,
        onGrown: (member, memoryKib, baselineKib) => {
          this.#recycling.grown(member, memoryKib, baselineKib);
        },
      },
    );
  };

  readonly #onReady = (member: MemberHandle, manifest: unknown): void => {
    this.#recycling.ready(member);
    this.#startup.ready(member, manifest);
    this.#renewal.ready(member, manifest);
    this.#roster.changed();
    this.#parts.onReady();
  };

  readonly #onChange = (feedable: readonly MemberHandle[]): void => {
    this.#parts.dispatcher.setMembers(feedable);
    this.#renewal.membersChanged();
    this.#replacements.changed();
    this.#parts.makeRoom();
  };

  readonly #onLoss = (member: MemberHandle, error: WorkerLostError): void => {
    const reason = member.loadError ?? error;
    const isTold = this.#startup.fail(reason) || this.#renewal.fail(member, reason);
    if (!isTold) this.#parts.handlers.onMemberLost(member, error);
  };
}
