/**
 * The façade through which ring code touches shared words: nothing else in pools/ calls `Atomics`. Production binds it
 * to a SharedArrayBuffer (`SharedMemory`, small enough to be inlined); test/support/interleaving.ts binds the same ring
 * code to a scheduler that stops at each access. Words are 32-bit and counted from the start of the buffer.
 */

/** Taken once: a task may replace those of the global (T13), and what was run would never be told. No slower in loops. */
const { load, store, compareExchange } = Atomics;

export interface RingMemory {
  /** Sequentially consistent load. */
  load(word: number): number;
  /** Sequentially consistent store. */
  store(word: number, value: number): void;
  /** Writes `value` if the word holds `expected`; answers what it held. */
  compareExchange(word: number, expected: number, value: number): number;
  /** Plain read: only of words that a `load` of a cursor has made visible. */
  read(word: number): number;
  /** Plain write: only to words that the other side cannot see before a later `store`. */
  write(word: number, value: number): void;
  /** The same memory as bytes, for payloads; the rules of `read` and `write` hold. */
  readonly bytes: Buffer;
}

export class SharedMemory implements RingMemory {
  readonly bytes: Buffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.bytes = Buffer.from(buffer);
  }

  load(word: number): number {
    return load(this.#words, word);
  }

  store(word: number, value: number): void {
    store(this.#words, word, value);
  }

  compareExchange(word: number, expected: number, value: number): number {
    return compareExchange(this.#words, word, expected, value);
  }

  read(word: number): number {
    return this.#words[word]!;
  }

  write(word: number, value: number): void {
    this.#words[word] = value;
  }
}
