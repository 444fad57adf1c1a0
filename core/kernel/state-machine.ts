/**
 * Whatever has more than two states keeps them in a const table and moves through one setter that refuses an illegal
 * step with `InvariantError` (style 3.9). The tables are drawn in docs/state-machines.md, compared by a test.
 */
import { InvariantError } from './errors.js';

/** state → the states it may move to. */
export type TransitionTable<S extends string> = Readonly<Record<S, readonly S[]>>;

export class StateMachine<S extends string> {
  readonly #table: TransitionTable<S>;
  readonly #subject: string;
  readonly #onChange: ((from: S, to: S) => void) | null;
  #state: S;

  constructor(
    table: TransitionTable<S>,
    initial: S,
    options: { readonly subject: string; readonly onChange?: (from: S, to: S) => void },
  ) {
    this.#table = table;
    this.#state = initial;
    this.#subject = options.subject;
    this.#onChange = options.onChange ?? null;
  }

  get state(): S {
    return this.#state;
  }

  is(...states: readonly S[]): boolean {
    return states.includes(this.#state);
  }

  /** Takes a step. @throws InvariantError when the table does not list it; the state stays. */
  to(next: S): void {
    const from = this.#state;
    if (!this.#table[from].includes(next)) {
      throw new InvariantError(`${this.#subject}: illegal transition ${from} → ${next}`);
    }
    this.#state = next;
    this.#onChange?.(from, next);
  }
}
