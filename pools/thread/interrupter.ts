/**
 * Ends runs before their time: asks one to stop by its signal, cuts it off with its member while it computes, or leaves
 * its promise behind while it waits. What the member is doing it reads from the status words. Host thread; the pool calls
 * it, also from the callbacks of a drain, so it drains only from timers.
 */
import type { Clock } from '../../core/kernel/clock.js';
import type { PoolJob, RetireCause } from '../../core/ports/pool.js';
import { AbortReason, SlotPhase } from '../ring/status-block.js';
import type { InFlightEntry, Verdict } from './in-flight.js';
import type { Lane } from './lane.js';
import type { MemberState } from '../member-state.js';

/** How long a member's event loop may not turn, once that matters. A busy machine may not run a thread for some 100 ms. */
const STUCK_AFTER_MS = 1_000;
/** Between a claim and the stamp of its start lie microseconds; so do an outcome and its bell. */
const STAMP_MS = 2;
/** So often: a machine that rests a thread for so long in between is not one to spare its member on. */
const MAX_LOOKS = 10;

/** A member as far as its runs are concerned. */
export interface InterruptedMember {
  readonly lane: Lane;
  readonly state: MemberState;
}

export interface InterruptSteps<M> {
  /** Reads what the member has sent. */
  readonly drain: (member: M) => void;
  /** No new jobs for it; it ends when it has none. */
  readonly retire: (member: M, cause: RetireCause, detail: string) => void;
  readonly terminate: (member: M, cause: RetireCause, detail: string) => void;
  /** The job has ended, though its run goes on. */
  readonly onAbandoned: (member: M, job: PoolJob, verdict: Verdict) => void;
}

export class Interrupter<M extends InterruptedMember> {
  readonly #clock: Clock;
  readonly #steps: InterruptSteps<M>;

  constructor(clock: Clock, steps: InterruptSteps<M>) {
    this.#clock = clock;
    this.#steps = steps;
  }

  /** Asks a run to stop. It may take its time, or not listen. */
  abort(member: M, entry: InFlightEntry): void {
    const { status } = member.lane;
    const slot = status.slotOf(entry.ticket);
    if (slot === null) {
      this.#afterStamp(member, entry, () => {
        this.abort(member, entry);
      });
      return;
    }
    entry.abortSlot = slot;
    status.requestAbort(slot, entry.ticket, AbortReason.CANCELLED);
    member.lane.wake();
  }

  /** Ends a run that a member has claimed; the job is told the verdict now or when the member is gone. */
  end(member: M, entry: InFlightEntry, verdict: Verdict): void {
    this.#end(member, entry, { verdict, looksLeft: MAX_LOOKS });
  }

  #end(member: M, entry: InFlightEntry, end: { readonly verdict: Verdict; readonly looksLeft: number }): void {
    const { verdict, looksLeft } = end;
    const { status } = member.lane;
    const slot = status.slotOf(entry.ticket);
    const phase = slot === null ? SlotPhase.IDLE : status.phase(slot);
    if (phase === SlotPhase.ASYNC) this.#giveUp(member, entry, verdict);
    else if (phase === SlotPhase.SYNC || looksLeft === 0) this.#cut(member, entry, verdict);
    // It may have ended, and the member be at its next run, which must not pay for it.
    else {
      this.#afterStamp(member, entry, () => {
        this.#end(member, entry, { verdict, looksLeft: looksLeft - 1 });
      });
    }
  }

  /** Claimed, and not in its slot yet; or ended, and not drained yet: looks again if the entry is still there then. */
  #afterStamp(member: M, entry: InFlightEntry, next: () => void): void {
    const { inFlight } = member.lane;
    const { ticket } = entry;
    const look = (): void => {
      if (inFlight.find(ticket) === entry) this.#steps.drain(member);
      if (inFlight.find(ticket) === entry) next();
    };
    this.#clock.after(STAMP_MS, look, { keepsAlive: false });
  }

  /** With its member. What was found first stays the verdict: a run may be cancelled while its limit is ending it. */
  #cut(member: M, entry: InFlightEntry, verdict: Verdict): void {
    if (entry.isAbandoned || entry.verdict !== 'none') return;
    entry.verdict = verdict;
    const reason = verdict === 'time-limit' ? 'a job ran into its time limit' : 'a job was terminated';
    this.#steps.terminate(member, verdict === 'time-limit' ? 'time-limit' : 'terminated', reason);
  }

  /** Its promise alone. */
  #giveUp(member: M, entry: InFlightEntry, verdict: Verdict): void {
    const { job, isAbandoned } = entry;
    if (job === null || isAbandoned || entry.verdict !== 'none') return;
    this.abort(member, entry);
    member.lane.inFlight.abandon(entry);
    this.#steps.retire(member, 'abandoned-run', 'a run was given up and may go on in it');
    this.#watchLoop(member);
    this.#steps.onAbandoned(member, job, verdict);
  }

  /** A loop that never turns again would keep its neighbours for ever: then they are lost with it. */
  #watchLoop(member: M): void {
    const { status } = member.lane;
    const { heartbeat } = status;
    member.lane.wake();
    const look = (): void => {
      if (member.state === 'gone' || status.heartbeat !== heartbeat) return;
      // A neighbour that computes has the member to itself, and limits of its own.
      if (status.isComputing) this.#watchLoop(member);
      else this.#steps.terminate(member, 'abandoned-run', 'its event loop is stuck');
    };
    this.#clock.after(STUCK_AFTER_MS, look, { keepsAlive: false });
  }
}
