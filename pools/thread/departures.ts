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
}

export class Departures {
  /** Jobs that were lost with their member. */
  lostCount = 0;
  /** Members that were replaced after their last job. */
  recycledCount = 0;
  /** Members that were replaced or given up, by cause. */
  readonly retired: Partial<Record<RetireCause, number>> = {};
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

  /** Two-phase: no new jobs, unclaimed ones go elsewhere, then its program closes. */
  readonly retire = (member: MemberHandle): void => {
    if (member.state === 'spawning') member.terminate('it is not needed');
    if (member.state !== 'ready') return;
    member.retire();
    this.#roster.prepareSpare(member);
    this.#roster.changed();
    this.#putBack(this.#dispatcher.takeBack(member));
    this.finishIfDone(member);
    this.#steps.makeRoom();
  };

  /** Ends a thread. Its place and its unclaimed jobs do not wait until it is gone: in native code it takes its time (T9). */
  readonly terminate = (member: MemberHandle, reason: string): void => {
    const { state } = member;
    member.terminate(reason);
    if (state !== 'ready' && state !== 'retiring') return;
    this.#roster.release(member);
    this.#takeBackFrom(member);
    this.#steps.makeRoom();
  };

  recycleIfUsedUp(member: MemberHandle, maxTasksPerMember: number): void {
    if (member.state !== 'ready' || member.lane.inFlight.size > 0) return;
    if (member.assignedCount < maxTasksPerMember) return;
    this.recycledCount++;
    this.retire(member);
  }

  /** A retired member that has nothing left to run closes its program. */
  finishIfDone(member: MemberHandle): void {
    if (member.state !== 'retiring' || member.lane.inFlight.size > 0) return;
    member.finish();
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
    if (member.isLoss) this.#steps.onLoss(member, error);
    this.#steps.onJobsEnded(cutShort.length);
    this.#steps.makeRoom();
  }

  /** Lets every member go that has nothing to run; their places stay empty. */
  retireAll(): void {
    this.#roster.close();
    for (const member of this.#roster.members) this.retire(member);
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
