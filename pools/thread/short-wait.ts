/**
 * Whether a side that has found nothing to do stays awake for a moment before it parks. Where the next record comes within
 * microseconds, that spares both sides the bell and the wake-up, which together cost more than the run; where it does not,
 * it burns a core. So it is gone on with while it pays and tried ever more seldom while it does not, in the end once in
 * 129 times. The host (host-turns.ts) and each member (member/awake-wait.ts) have one of their own; decision 0016.
 */

/** 2 to the power of this is the largest number of opportunities that are let go by between two tries. */
const MAX_FAILURES = 7;

export class ShortWait {
  /** Tries that came to nothing, less what paid since. */
  #failures = 0;
  #toSkip = 0;

  /** An opportunity; if this is true exactly one of `paid` and `failed` follows. */
  begins(): boolean {
    if (this.#toSkip === 0) return true;
    this.#toSkip--;
    return false;
  }

  /** Something came in time. */
  paid(): void {
    this.#failures >>= 1;
  }

  failed(): void {
    // One alone says nothing: a garbage collection or another thread came in between.
    if (this.#failures > 0) this.#toSkip = 2 ** this.#failures;
    if (this.#failures < MAX_FAILURES) this.#failures++;
  }
}
