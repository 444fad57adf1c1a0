/**
 * Which keys the objects of one value have had, by the number that SAME_KEYS carries: rows of a table differ in their values
 * only, so their keys are written and read once. The writer's side; the reader just counts.
 */
import { MAX_KEY_SETS } from './value-tag.js';

/** Those that are searched when the keys are not those of the object before; a Map would cost each object more. */
const SEARCHED = 8;

export class KeySets {
  readonly #sets: (readonly string[])[] = [];
  #last = 0;

  /** The number of the same keys in the same order; -1 when they are new, and then they count from here on. */
  numberOf(keys: readonly string[]): number {
    const sets = this.#sets;
    if (this.#last < sets.length && areEqual(sets[this.#last]!, keys)) return this.#last;
    for (let i = Math.max(0, sets.length - SEARCHED); i < sets.length; i++) {
      if (areEqual(sets[i]!, keys)) return (this.#last = i);
    }
    if (sets.length < MAX_KEY_SETS) {
      this.#last = sets.length;
      sets.push(keys);
    }
    return -1;
  }

  clear(): void {
    if (this.#sets.length > 0) this.#sets.length = 0;
    this.#last = 0;
  }
}

/** Keys are internalized strings, so each comparison is one of addresses. */
function areEqual(left: readonly string[], right: readonly string[]): boolean {
  const { length } = left;
  if (length !== right.length) return false;
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return false;
  return true;
}
