/**
 * The life of a pool as a whole, and its end: first the jobs may end, then the members go. When the time is over both are
 * cut short, and from then on nothing is run again. Host thread.
 */
import type { Clock } from '../core/kernel/clock.js';
import { StateMachine } from '../core/kernel/state-machine.js';
import { poolTransitions, type PoolState } from './pool-state.js';

export interface ClosingSteps {
  /** No job is in flight. */
  readonly isIdle: () => boolean;
  /** The thread of every member has ended. */
  readonly isEmpty: () => boolean;
  /** The jobs have ended: lets the members go. */
  readonly retireAll: () => void;
  /** The time is over: ends every job and every member. */
  readonly endAll: () => void;
}

export class Closing {
  readonly #clock: Clock;
  readonly #steps: ClosingSteps;
  readonly #state = new StateMachine<PoolState>(poolTransitions, 'new', { subject: 'pool' });
  #closed: Promise<void> | null = null;
  #onChange: (() => void) | null = null;

  constructor(clock: Clock, steps: ClosingSteps) {
    this.#clock = clock;
    this.#steps = steps;
  }

  get isNew(): boolean {
    return this.#state.state === 'new';
  }

  get isOpen(): boolean {
    return this.#state.state === 'open';
  }

  /** Nothing starts any more. */
  get isEnding(): boolean {
    return this.#state.is('ending', 'closed');
  }

  open(): void {
    this.#state.to('open');
  }

  /** Resolves when every member is gone; a second call can only shorten the wait. */
  async close(timeoutMs: number): Promise<void> {
    const deadline = this.#clock.after(timeoutMs, () => {
      this.#end();
    });
    this.#closed ??= this.#close();
    await this.#closed;
    deadline.cancel();
  }

  /** A job or a member has ended. */
  changed(): void {
    this.#onChange?.();
  }

  async #close(): Promise<void> {
    this.#state.to('closing');
    await this.#until(this.#steps.isIdle);
    this.#steps.retireAll();
    await this.#until(this.#steps.isEmpty);
    this.#state.to('closed');
  }

  #end(): void {
    if (!this.#state.is('closing')) return;
    this.#state.to('ending');
    this.#steps.endAll();
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise<void>((resolve) => (this.#onChange = resolve));
  }
}
