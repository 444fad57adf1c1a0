/**
 * Waking a thread that waits in its event loop. Each direction of a lane has one *parked* word and one message port.
 *
 *     publisher                                  sleeper
 *     1. store tail                              1. park(): store parked = PARKED
 *     2. load parked; if PARKED:                 2. look for records once more
 *     3. compare-exchange to AWAKE, post a bell  3. none: return to the event loop; some: unpark()
 *
 * All accesses are sequentially consistent, so either the publisher sees PARKED or the sleeper sees the tail: no wake-up
 * is lost (G7). A bell that finds nothing to do is harmless. The host also looks 20 times a second while jobs are in flight (G8).
 * A sleeper that has set itself a time at which it looks *dozes* until then: only what cannot wait rings.
 */
import type { RingMemory } from './memory.js';

const Parked = { AWAKE: 0, PARKED: 1, DOZING: 2 } as const;

/** What a bell is posted to: a MessagePort. */
export interface BellPort {
  postMessage(message: number): void;
}

/** The publisher's side. */
export class Doorbell {
  readonly #memory: RingMemory;
  readonly #parkedWord: number;
  readonly #port: BellPort;

  constructor(memory: RingMemory, parkedWord: number, port: BellPort) {
    this.#memory = memory;
    this.#parkedWord = parkedWord;
    this.#port = port;
  }

  /** Wakes the other thread if it is parked. Call it after publishing. */
  ring(): void {
    if (this.#memory.load(this.#parkedWord) === Parked.PARKED) this.#wake(Parked.PARKED);
  }

  /** As `ring`, for what cannot wait until a thread that dozes looks by itself. */
  ringNow(): void {
    const state = this.#memory.load(this.#parkedWord);
    if (state !== Parked.AWAKE) this.#wake(state);
  }

  /** After an interrupt: the word may say AWAKE although the bell was never posted. */
  ringAnyway(): void {
    this.#port.postMessage(0);
  }

  /** When the state has changed meanwhile the sleeper was awake: it looks again before it sleeps. */
  #wake(state: number): void {
    if (this.#memory.compareExchange(this.#parkedWord, state, Parked.AWAKE) === state) this.#port.postMessage(0);
  }
}

/** The sleeper's side. */
export class ParkedWord {
  readonly #memory: RingMemory;
  readonly #word: number;

  constructor(memory: RingMemory, word: number) {
    this.#memory = memory;
    this.#word = word;
  }

  /** Asks for a bell. The caller must look for records after this and before it sleeps. */
  park(): void {
    this.#memory.store(this.#word, Parked.PARKED);
  }

  /** Asks for a bell only for what cannot wait, since the caller will look at a time of its own; else as `park`. */
  doze(): void {
    this.#memory.store(this.#word, Parked.DOZING);
  }

  unpark(): void {
    this.#memory.store(this.#word, Parked.AWAKE);
  }
}
