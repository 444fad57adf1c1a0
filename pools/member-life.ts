/**
 * The life of one member as the host leads it, whatever executes it: its state, the time that each step of it has, and
 * what became of it. The member itself is started, closed and killed by `steps`. Host thread.
 */
import type { Clock, TimerHandle } from '../core/kernel/clock.js';
import { PoolError, WorkerLostError } from '../core/kernel/errors.js';
import { StateMachine } from '../core/kernel/state-machine.js';
import { memberTransitions, type MemberState } from './member-state.js';

/** A killed member that has not ended by then is stuck, in native code or in the kernel, and written off. */
const WRITE_OFF_AFTER_MS = 5_000;
/** How long a program's `close()` may take. */
const CLOSE_GRACE_MS = 5_000;

export interface LifeSteps {
  /** As a user meets it. */
  readonly title: () => string;
  /** Why a member that has loaded this cannot take its place; null when it can. */
  readonly objectionTo: (manifest: unknown) => string | null;
  readonly onReady: (manifest: unknown) => void;
  /** Asks the program to close. */
  readonly close: () => void;
  /** Ends it wherever it is. */
  readonly kill: () => void;
  /** Once. */
  readonly onGone: () => void;
}

export class MemberLife {
  /** Why its program was not loaded; null while nobody knows better. */
  loadError: Error | null = null;
  readonly #clock: Clock;
  readonly #steps: LifeSteps;
  readonly #states: StateMachine<MemberState>;
  #hasLoaded = false;
  #hasFinished = false;
  #endReason: string | null = null;
  #deadline: TimerHandle | null = null;

  /** @param subject its name, for the errors of its states */
  constructor(subject: string, clock: Clock, steps: LifeSteps) {
    this.#states = new StateMachine(memberTransitions, 'spawning', { subject });
    this.#clock = clock;
    this.#steps = steps;
  }

  get state(): MemberState {
    return this.#states.state;
  }

  /** Why the host ends it; null while it does not. */
  get endReason(): string | null {
    return this.#endReason;
  }

  /** It has been READY. */
  get hasLoaded(): boolean {
    return this.#hasLoaded;
  }

  /** It ended, or is being ended, and nobody had asked for it. */
  get isLoss(): boolean {
    return !this.#hasFinished && (this.endReason === null || this.loadError !== null);
  }

  /** What became of it, as far as the host has ended it; null when it ended by itself. */
  get lostError(): WorkerLostError | null {
    const { loadError, endReason } = this;
    if (loadError !== null) return new WorkerLostError(loadError.message, { cause: loadError.cause });
    return endReason === null ? null : new WorkerLostError(`${this.#steps.title()} was ended: ${endReason}`);
  }

  /** Words for an end that came early; empty for another one. */
  get whenText(): string {
    return this.#hasLoaded ? '' : ' before its program was loaded';
  }

  /** It was started. */
  begin(readyWithinMs: number): void {
    this.#within(readyWithinMs, () => {
      this.#failLoading(`was not ready within ${String(readyWithinMs)} ms: its program still loads`);
    });
  }

  /** Its program is loaded: it takes jobs from here on, unless there is something against it. */
  join(manifest: unknown): void {
    if (this.state !== 'spawning') return;
    const objection = this.#steps.objectionTo(manifest);
    if (objection !== null) {
      this.#failLoading(`cannot take its place: ${objection}`);
      return;
    }
    this.#deadline?.cancel();
    this.#hasLoaded = true;
    this.#states.to('ready');
    this.#steps.onReady(manifest);
  }

  /** Gets no more jobs; ends when `finish` is called. */
  retire(): void {
    this.#states.to('retiring');
  }

  /** Has nothing left to run: the program closes, and the member ends. That is no loss. */
  finish(): void {
    this.#states.to('closing');
    this.#hasFinished = true;
    this.#steps.close();
    this.#within(CLOSE_GRACE_MS, () => {
      this.terminate('its program did not close in time');
    });
  }

  terminate(reason: string): void {
    if (this.#states.is('terminating', 'gone')) return;
    this.#endReason = reason;
    this.#states.to('terminating');
    this.#deadline?.cancel();
    // It keeps the process alive: whoever waits for the end of a pool is told.
    this.#deadline = this.#clock.after(WRITE_OFF_AFTER_MS, () => {
      this.end();
    });
    this.#steps.kill();
  }

  /** It has ended, or was written off. */
  end(): void {
    if (this.state === 'gone') return;
    this.#deadline?.cancel();
    this.#states.to('gone');
    this.#steps.onGone();
  }

  #failLoading(how: string): void {
    const text = `${this.#steps.title()} ${how}`;
    this.loadError = new PoolError(text);
    this.terminate(text);
  }

  #within(ms: number, late: () => void): void {
    this.#deadline = this.#clock.after(ms, late, { keepsAlive: false });
  }
}
