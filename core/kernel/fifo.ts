/** First in, first out, in amortized constant time: an array with a moving start. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest item, or the one `behind` places behind it; undefined when there is none. */
  peek(behind = 0): T | undefined {
    return this.#items[this.#first + behind];
  }

  /** Removes the oldest item. */
  shift(): void {
    if (this.#first === this.#items.length) return;
    this.#items[this.#first++] = undefined;
    // Half of the array is behind us: dropping it costs less than what was shifted since the last time.
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Removes and returns all items, oldest first. */
  takeAll(): readonly T[] {
    const items = this.#items.slice(this.#first) as T[];
    this.#items = [];
    this.#first = 0;
    return items;
  }
}
