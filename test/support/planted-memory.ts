/**
 * Façades that break what the ring code rests on, one each: the exploration must notice. Each stands for a bug that
 * somebody might write into the ring, the claim or the member's loop.
 */
import type { RingMemory } from '../../pools/ring/memory.js';

/** As in doorbell.ts. */
const PARKED = 1;

/** Hands everything on. */
class Facade implements RingMemory {
  readonly bytes: Buffer;
  protected readonly inner: RingMemory;

  constructor(inner: RingMemory) {
    this.inner = inner;
    this.bytes = inner.bytes;
  }

  load(word: number): number {
    return this.inner.load(word);
  }

  store(word: number, value: number): void {
    this.inner.store(word, value);
  }

  compareExchange(word: number, expected: number, value: number): number {
    return this.inner.compareExchange(word, expected, value);
  }

  read(word: number): number {
    return this.inner.read(word);
  }

  write(word: number, value: number): void {
    this.inner.write(word, value);
  }
}

/** *Commit before the bytes*: what was written plainly reaches memory only after the cursor has been published. */
export class EagerMemory extends Facade {
  readonly #tailWord: number;
  #pending: (readonly [word: number, value: number])[] = [];

  constructor(inner: RingMemory, tailWord: number) {
    super(inner);
    this.#tailWord = tailWord;
  }

  override write(word: number, value: number): void {
    this.#pending.push([word, value]);
  }

  override store(word: number, value: number): void {
    this.inner.store(word, value);
    if (word !== this.#tailWord) return;
    const pending = this.#pending;
    this.#pending = [];
    for (const [at, what] of pending) this.inner.write(at, what);
  }
}

/** *Claim without compare-and-swap*: a load, a comparison and a store. */
export class TornMemory extends Facade {
  override compareExchange(word: number, expected: number, value: number): number {
    const before = this.inner.load(word);
    if (before === expected) this.inner.store(word, value);
    return before;
  }
}

/** *Credit leaked*: each time the cursor is given back, eight more bytes of room stay behind. */
export class LeakyMemory extends Facade {
  readonly #headWord: number;
  readonly #leakBytes: number;
  #leaked = 0;

  constructor(inner: RingMemory, headWord: number, leakBytes = 32) {
    super(inner);
    this.#headWord = headWord;
    this.#leakBytes = leakBytes;
  }

  override store(word: number, value: number): void {
    if (word !== this.#headWord) {
      this.inner.store(word, value);
      return;
    }
    this.#leaked += this.#leakBytes;
    this.inner.store(word, (value - this.#leaked) | 0);
  }
}

/** *Lost bell*: the look for a sleeper happens before the cursor is published. */
export class HastyMemory extends Facade {
  readonly #tailWord: number;
  readonly #parkedWord: number;
  #parked = 0;

  constructor(inner: RingMemory, words: { readonly tail: number; readonly parked: number }) {
    super(inner);
    this.#tailWord = words.tail;
    this.#parkedWord = words.parked;
  }

  override store(word: number, value: number): void {
    if (word === this.#tailWord) this.#parked = this.inner.load(this.#parkedWord);
    this.inner.store(word, value);
  }

  override load(word: number): number {
    return word === this.#parkedWord ? this.#parked : this.inner.load(word);
  }
}

/** *Deaf to a doze*: who dozes is taken for awake, so that what cannot wait rings no bell. */
export class MeekMemory extends Facade {
  readonly #parkedWord: number;

  constructor(inner: RingMemory, parkedWord: number) {
    super(inner);
    this.#parkedWord = parkedWord;
  }

  override load(word: number): number {
    const value = this.inner.load(word);
    return word === this.#parkedWord && value !== PARKED ? 0 : value;
  }
}
