/** Logical clock of a node (APP-40, protocol.md §11): orders events of several machines whose wall clocks differ. */

export class LamportClock {
  #value: number;

  /** @param value where a clock that was kept goes on */
  constructor(value = 0) {
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** Before something is sent: counts on and gives the new value. */
  forward(): number {
    return ++this.#value;
  }

  /** When something arrives with another's clock: past both. */
  adjust(other: number): number {
    this.#value = Math.max(this.#value, other) + 1;
    return this.#value;
  }
}
