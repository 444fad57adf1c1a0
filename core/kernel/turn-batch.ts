/**
 * Gathers what arrives during one turn of the event loop and hands it on as one batch: latency is kept by flushing at
 * the end of the turn, never by a timer (design §1.3).
 */
export class TurnBatch<T> {
  readonly #flush: (items: readonly T[]) => void;
  #items: T[] = [];

  /** @param flush receives one or more items in the order of `push`; must not throw. */
  constructor(flush: (items: readonly T[]) => void) {
    this.#flush = flush;
  }

  push(item: T): void {
    // Runs when the present callback has returned; of pushes made by a chain of promises, when the chain has run dry.
    if (this.#items.push(item) === 1) process.nextTick(this.#run);
  }

  readonly #run = (): void => {
    const items = this.#items;
    this.#items = [];
    this.#flush(items);
  };
}
