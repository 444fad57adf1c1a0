/**
 * How members leave, and where their jobs go: retired when they have run enough or the pool shrinks, terminated when a run
 * is cut short, or gone on their own. A job that no member has claimed is run elsewhere and nobody hears of it; a claimed
 * one ends with its member. Host thread. Whoever is told of an end may submit and cancel at once, so the order of the
 * steps matters: a job must never reach a member that is gone, nor be out of reach on its way to another.
 */
import type { WorkerLostError } from '../../core/kernel/errors.js';
import type { PoolJob, RetireCause } from '../../core/ports/pool.js';
import type { Dispatcher } from './dispatcher.js';
import type { MemberHandle } from './member-handle.js';
import { MAX_AWAY } from '../lent-slots.js';
import { reckon, tellEnd, tellNeverStarted } from './reckoning.js';
import type { Roster } from './roster.js';

export interface DepartureSteps {
  /** The time of the pool is over: nothing is run again. */
  readonly isEnding: () => boolean;
  /** Reads what the member has sent. */
  readonly drain: (member: MemberHandle) => void;
  /** Jobs were put back, or a lane became free. */
  readonly makeRoom: () => void;
  readonly onJobsEnded: (count: number) => void;
  /** A member ended on its own. */
  readonly onLoss: (member: MemberHandle, error: WorkerLostError) => void;
  /** A member leaves, or for another reason than was told before. */
  readonly onRetire: (member: MemberHandle, cause: RetireCause, detail: string) => void;
}

/** Causes that lie in what a member has used up, as opposed to what has happened to it. */
const RECYCLING: readonly RetireCause[] = ['tasks', 'heap', 'rss', 'age'];

export class Departures {
  /** Jobs that were lost with their member. */
  lostCount = 0;
  readonly #retired = new Map<RetireCause, number>();
  /** Members that are gone while native code still held their thread, when last looked at. */
  readonly #writtenOff = new Set<MemberHandle>();
  readonly #roster: Roster<MemberHandle>;
  readonly #dispatcher: Dispatcher;
  readonly #steps: DepartureSteps;

  constructor(roster: Roster<MemberHandle>, dispatcher: Dispatcher, steps: DepartureSteps) {
    this.#roster = roster;
    this.#dispatcher = dispatcher;
    this.#steps = steps;
  }

  /** Threads that native code still holds after their member was written off. */
  get stuckThreads(): number {
    for (const member of this.#writtenOff) if (member.hasExited) this.#writtenOff.delete(member);
    return this.#writtenOff.size;
  }

  /** Members that were replaced or given up, each once, by the last cause that was found. */
  get retired(): Readonly<Partial<Record<RetireCause, number>>> {
    return Object.fromEntries(this.#retired);
  }

  /** Those among them that had used up what a member may. */
  get recycledCount(): number {
    let count = 0;
    for (const cause of RECYCLING) count += this.#retired.get(cause) ?? 0;
    return count;
  }

  /** Two-phase: no new jobs, unclaimed ones go elsewhere, then its program closes. @param detail for a log line */
  readonly retire = (member: MemberHandle, cause: RetireCause, detail: string): void => {
    if (member.state === 'spawning' || member.state === 'ready') this.#note(member, cause, detail);
    this.#letGo(member);
  };

  /** Ends a thread. Its place and its unclaimed jobs do not wait until it is gone: in native code it takes its time (T9). */
  readonly terminate = (member: MemberHandle, cause: RetireCause, detail: string): void => {
    if (member.state !== 'terminating' && member.state !== 'gone') this.#note(member, cause, detail);
    this.#end(member, detail);
  };

  recycleIfUsedUp(member: MemberHandle, maxTasksPerMember: number): void {
    // Runs that wait for other jobs must not keep the place: those may need it.
    if (member.state !== 'ready' || member.lane.inFlight.takenSlots > 0) return;
    if (member.assignedCount < maxTasksPerMember) return;
    this.retire(member, 'tasks', `it has run ${String(member.assignedCount)} jobs`);
  }

  /**
   * A retired member that has nothing left to run closes its program. One whose runs only wait for other jobs gives up its
   * place before (BUG-26), and ends them outside of it.
   */
  finishIfDone(member: MemberHandle): void {
    const { state, lane } = member;
    if (state !== 'retiring' || lane.inFlight.takenSlots > 0) return;
    if (lane.inFlight.size === 0) member.finish();
    else if (this.#roster.members.size >= this.#roster.size + MAX_AWAY) return;
    this.#roster.release(member);
  }

  /** The thread has ended, or is written off. */
  gone(member: MemberHandle): void {
    if (!member.hasExited) this.#writtenOff.add(member);
    // First nobody gives it jobs.
    this.#roster.changed();
    // What it had committed before it ended counts: calls are carried out, outcomes stand.
    this.#steps.drain(member);
    const { again, cutShort } = reckon(member.lane);
    this.#putBack(again);
    this.#roster.gone(member, member.wasUseful);
    const error = member.lostError;
    for (const { job, verdict } of cutShort) {
      if (verdict === 'none') this.lostCount++;
      tellEnd(job, verdict, error);
    }
    if (member.isLoss) {
      this.#note(member, member.lane.isPoisoned ? 'poisoned' : 'lost', error.message);
      this.#steps.onLoss(member, error);
    }
    this.#steps.onJobsEnded(cutShort.length);
    this.#steps.makeRoom();
  }

  /** Lets every member go that has nothing to run; their places stay empty. */
  retireAll(): void {
    this.#roster.close();
    for (const member of this.#roster.members) this.#letGo(member);
  }

  /** Ends every member; what had not started is told that it never will. */
  terminateAll(): void {
    this.#roster.close();
    this.#putBack(this.#dispatcher.takeWaiting());
    for (const member of this.#roster.members) {
      this.#takeBackFrom(member);
      for (let entry = member.lane.inFlight.first; entry !== null; entry = entry.next) {
        if (entry.verdict === 'none') entry.verdict = 'terminated';
      }
      member.terminate('the pool was closed');
    }
  }

  #letGo(member: MemberHandle): void {
    if (member.state === 'spawning') member.terminate('it is not needed');
    // It is to go already; now its last run may have been given up, and no record of it will ever say so.
    else if (member.state === 'retiring') this.finishIfDone(member);
    if (member.state !== 'ready') return;
    member.retire();
    this.#roster.spareFor(member);
    this.#roster.changed();
    this.#putBack(this.#dispatcher.takeBack(member));
    this.finishIfDone(member);
    this.#steps.makeRoom();
  }

  #end(member: MemberHandle, reason: string): void {
    const { state } = member;
    member.terminate(reason);
    if (state !== 'ready' && state !== 'retiring') return;
    this.#roster.release(member);
    this.#takeBackFrom(member);
    this.#steps.makeRoom();
  }

  /** Books it under its last cause: one that is retired may yet die, or be found poisoned. */
  #note(member: MemberHandle, cause: RetireCause, detail: string): void {
    const before = member.retireCause;
    if (before === cause) return;
    if (before !== null) this.#count(before, -1);
    member.retireCause = cause;
    this.#count(cause, 1);
    this.#steps.onRetire(member, cause, detail);
  }

  #count(cause: RetireCause, step: 1 | -1): void {
    const count = (this.#retired.get(cause) ?? 0) + step;
    if (count === 0) this.#retired.delete(cause);
    else this.#retired.set(cause, count);
  }

  #takeBackFrom(member: MemberHandle): void {
    // After a scribble its claim words prove nothing: its jobs are reckoned when it is gone.
    if (!member.lane.isPoisoned) this.#putBack(this.#dispatcher.takeBack(member));
  }

  #putBack(jobs: readonly PoolJob[]): void {
    if (!this.#steps.isEnding()) {
      this.#dispatcher.putBack(jobs);
      return;
    }
    for (const job of jobs) tellNeverStarted(job);
    this.#steps.onJobsEnded(jobs.length);
  }
}
