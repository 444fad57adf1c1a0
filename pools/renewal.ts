/**
 * Gives every member other data, and with it a fresh graph of modules, while jobs run: one new member is loaded beside the
 * old ones; when it is READY the old ones take nothing more, end what they run and are replaced. One that cannot load
 * changes nothing. Host thread.
 */
import type { Clock, TimerHandle } from '../core/kernel/clock.js';
import { PoolError } from '../core/kernel/errors.js';

export interface RenewalSteps<M> {
  /** Starts a member beside one that takes jobs; null when none can be started now. */
  readonly startSpare: () => M | null;
  /** Lets every member but this one go. */
  readonly retireOthers: (renewed: M) => void;
}

interface Attempt<M> {
  readonly data: unknown;
  member: M | null;
  readonly deadline: TimerHandle;
  readonly resolve: (manifest: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Renewal<M> {
  readonly #clock: Clock;
  readonly #steps: RenewalSteps<M>;
  #data: unknown;
  #attempt: Attempt<M> | null = null;
  #isStartingSpare = false;

  /** @param data what members are started with until then */
  constructor(data: unknown, clock: Clock, steps: RenewalSteps<M>) {
    this.#data = data;
    this.#clock = clock;
    this.#steps = steps;
  }

  /** What the member that is being started gets. */
  get data(): unknown {
    return this.#isStartingSpare && this.#attempt !== null ? this.#attempt.data : this.#data;
  }

  /**
   * Resolves with the manifest of the first new member, before any new member takes a job.
   * @throws PoolError when it cannot load, is not READY within `timeoutMs`, or another renewal is under way.
   */
  begin(data: unknown, timeoutMs: number): Promise<unknown> {
    if (this.#attempt !== null) return Promise.reject(new PoolError('the members are being renewed already'));
    return new Promise((resolve, reject) => {
      const deadline = this.#clock.after(timeoutMs, () => {
        this.fail(null, new PoolError(`no new member was ready within ${String(timeoutMs)} ms: the old ones stay`));
      });
      this.#attempt = { data, member: null, deadline, resolve, reject };
      this.membersChanged();
    });
  }

  /** The members have changed: a spare may be possible now. */
  membersChanged(): void {
    const attempt = this.#attempt;
    if (attempt === null || attempt.member !== null || this.#isStartingSpare) return;
    this.#isStartingSpare = true;
    attempt.member = this.#steps.startSpare();
    this.#isStartingSpare = false;
  }

  /** A member has ended. Was it the new one, which had lost its place, another one is tried; a loss is told by `fail`. */
  gone(member: M): void {
    if (this.#attempt?.member === member) this.#attempt.member = null;
    this.membersChanged();
  }

  /** Whether it is the new member, which may have loaded something else than the others. */
  isNew(member: M): boolean {
    return this.#attempt?.member === member;
  }

  ready(member: M, manifest: unknown): void {
    const attempt = this.#attempt;
    if (attempt === null || attempt.member !== member) return;
    this.#end(attempt);
    this.#data = attempt.data;
    attempt.resolve(manifest);
    this.#steps.retireOthers(member);
  }

  /** @param member the one that is gone; null whichever it is. Answers whether it was the new one. */
  fail(member: M | null, error: Error): boolean {
    const attempt = this.#attempt;
    if (attempt === null || (member !== null && attempt.member !== member)) return false;
    this.#end(attempt);
    attempt.reject(error);
    return true;
  }

  #end(attempt: Attempt<M>): void {
    this.#attempt = null;
    attempt.deadline.cancel();
  }
}
