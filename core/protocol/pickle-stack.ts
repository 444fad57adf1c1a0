/** Stack, marks and memo of the pickle machine; what only changes it answers itself. Used by pickle-reader.ts. */
import { tooLarge, tooManyValues, type MessageLimits } from './message-limits.js';
import { badPickle } from './pickle-input.js';

const MARK = Symbol('mark');

/** No name takes more arguments, but for exceptions, which keep theirs as they are. */
const MAX_ARGS = 3;

export class PickleStack {
  readonly #values: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  readonly #limits: MessageLimits;
  #pushesLeft: number;
  #copiedBytesLeft: number;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
    // A value may come in steps: a name, its arguments, what they make.
    this.#pushesLeft = 2 * limits.maxNodes;
    this.#copiedBytesLeft = 2 * limits.maxBytes;
  }

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  /** @throws ProtocolError for the value that is one too many: an empty dict takes one byte there and 200 here. */
  push(value: unknown): this {
    this.#spend(1);
    this.#values.push(value);
    return this;
  }

  mark(): this {
    return this.push(MARK);
  }

  /** Arguments that are about to be copied: what is referred to again and again costs each time. @throws ProtocolError */
  charge(args: readonly unknown[]): void {
    for (const arg of [args, ...args.slice(0, MAX_ARGS)]) {
      if (Array.isArray(arg)) this.#spend(arg.length);
      else if (typeof arg === 'string') this.#copiedBytesLeft -= arg.length;
    }
    if (this.#copiedBytesLeft < 0) throw tooLarge('what a pickle makes of its texts', this.#limits);
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

  #spend(count: number): void {
    this.#pushesLeft -= count;
    if (this.#pushesLeft < 0) throw tooManyValues(this.#limits);
  }
}
