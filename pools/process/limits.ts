/**
 * Ends runs of child processes before their time: asks one to stop by its signal, kills its process while it computes, or
 * leaves its promise behind while it waits. Limits are measured from the start that the child has told. Host thread.
 */
import type { Clock } from '../../core/kernel/clock.js';
import { AbortReason } from './frame.js';
import type { MemberProcess } from './member-process.js';
import { endTimers, type RunEntry, type Verdict } from './run-entry.js';

/** How long a child's event loop may not turn, once that matters. A busy machine may not run a process for some 100 ms. */
const STUCK_AFTER_MS = 1_000;
/** An outcome may lie in the pipe while the host's own turn is long: it is read before a timer of this length. */
const LOOK_AGAIN_MS = 2;

export interface LimitSteps {
  /** No new jobs for it; it ends when it has none. */
  readonly retire: (member: MemberProcess) => void;
  readonly terminate: (member: MemberProcess, cause: 'time-limit' | 'terminated' | 'lost', reason: string) => void;
  /** The job has ended, though its run goes on. */
  readonly onAbandoned: (member: MemberProcess, entry: RunEntry, verdict: Verdict) => void;
}

export class Limits {
  readonly #clock: Clock;
  readonly #steps: LimitSteps;

  constructor(clock: Clock, steps: LimitSteps) {
    this.#clock = clock;
    this.#steps = steps;
  }

  /** A child has told the start of a job. */
  started(member: MemberProcess, entry: RunEntry, startedMs: number): void {
    const { timeLimitMs, softTimeLimitMs } = entry.job;
    if (timeLimitMs === null && softTimeLimitMs === null) return;
    const elapsedMs = Math.max(0, this.#clock.nowMonoMs() - startedMs);
    const timers = [];
    if (softTimeLimitMs !== null) {
      const onSoft = (): void => {
        member.abort(entry, AbortReason.SOFT_LIMIT);
        entry.job.onSoftTimeLimit?.();
      };
      timers.push(this.#after(softTimeLimitMs - elapsedMs, onSoft));
    }
    if (timeLimitMs !== null) {
      const onHard = (): void => {
        this.end(member, entry, 'time-limit');
      };
      timers.push(this.#after(timeLimitMs - elapsedMs, onHard));
    }
    entry.timers = timers;
  }

  /** Ends a run that a child has; the job is told the verdict soon, unless its outcome comes first. */
  end(member: MemberProcess, entry: RunEntry, verdict: 'time-limit' | 'terminated'): void {
    this.#after(LOOK_AGAIN_MS, () => {
      if (member.runs.get(entry.ticket) !== entry || entry.isAbandoned) return;
      if (entry.phase === 'sent') this.end(member, entry, verdict);
      else if (entry.phase === 'computing') this.#kill(member, entry, verdict);
      else this.#abandon(member, entry, verdict);
    });
  }

  #kill(member: MemberProcess, entry: RunEntry, verdict: 'time-limit' | 'terminated'): void {
    // What was found first stays: a run may be cancelled while its limit is ending it.
    if (entry.verdict !== 'none') return;
    entry.verdict = verdict;
    const reason = verdict === 'time-limit' ? 'a job ran into its time limit' : 'a job was terminated';
    this.#steps.terminate(member, verdict, reason);
  }

  #abandon(member: MemberProcess, entry: RunEntry, verdict: Verdict): void {
    endTimers(entry);
    entry.isAbandoned = true;
    member.abort(entry, AbortReason.CANCELLED);
    this.#steps.retire(member);
    this.#watchLoop(member);
    this.#steps.onAbandoned(member, entry, verdict);
  }

  /** A loop that never turns again would keep its neighbours for ever: then they are lost with it. */
  #watchLoop(member: MemberProcess): void {
    const { pongs } = member;
    member.ping();
    this.#after(STUCK_AFTER_MS, () => {
      if (member.state !== 'retiring' || member.pongs !== pongs) return;
      // A neighbour that computes has the member to itself, and limits of its own; one that is not begun has none yet.
      if (member.isComputing) this.#watchLoop(member);
      else this.#steps.terminate(member, 'lost', 'its event loop is stuck');
    });
  }

  #after(delayMs: number, fire: () => void) {
    return this.#clock.after(Math.max(0, delayMs), fire, { keepsAlive: false });
  }
}
