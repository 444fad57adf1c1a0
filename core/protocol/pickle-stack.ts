/** Stack, marks and memo of the pickle machine; what only changes it answers itself. Used by pickle-reader.ts. */
import { badPickle } from './pickle-input.js';

const MARK = Symbol('mark');

export class PickleStack {
  readonly #values: unknown[] = [];
  readonly #memo = new Map<number, unknown>();

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  push(value: unknown): this {
    this.#values.push(value);
    return this;
  }

  mark(): this {
    this.#values.push(MARK);
    return this;
  }

  /** @throws ProtocolError, as the others, when the pickle has no such value. */
  top(): unknown {
    const value = this.#values.at(-1);
    if (value === undefined || value === MARK) throw badPickle('a value is missing');
    return value;
  }

  pop(): unknown {
    const value = this.top();
    this.#values.pop();
    return value;
  }

  /** The last `count` values, the oldest first. */
  popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  /** All values since the last mark. */
  popMark(): unknown[] {
    const at = this.#values.lastIndexOf(MARK);
    if (at === -1) throw badPickle('a mark is missing');
    return this.#values.splice(at).slice(1);
  }

  /** @param key null for the next free one. */
  remember(key: number | null): this {
    this.#memo.set(key ?? this.#memo.size, this.top());
    return this;
  }

  recall(key: number): this {
    if (!this.#memo.has(key)) throw badPickle('it refers to nothing');
    return this.push(this.#memo.get(key));
  }
}
