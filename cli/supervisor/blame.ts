/**
 * Which tasks may have killed processes (C2, W8): counted over the lives of all nodes, so that one whose runs end process
 * after process is found even where the broker does not count. A task that ends leaves; the oldest leave beyond a bound.
 */
import type { JournalEntry } from '../../core/worker/crashes/journal-record.js';
import type { Crashes } from './node-messages.js';

const MAX_SUSPECTS = 500;
/** They travel in an environment variable of 128 KiB at most, and an id may need six characters where it had one. */
const MAX_TEXT = 100_000;

export class Blame {
  readonly #crashes = new Map<string, number>();

  /** A process died with these in its journal. @returns their counts */
  died(entries: readonly Pick<JournalEntry, 'id'>[]): Crashes {
    const counted = entries.slice(-MAX_SUSPECTS).map(({ id }): [string, number] => {
      const count = (this.#crashes.get(id) ?? 0) + 1;
      // The newest last.
      this.#crashes.delete(id);
      this.#crashes.set(id, count);
      return [id, count];
    });
    for (const id of this.#crashes.keys()) {
      if (this.#crashes.size <= MAX_SUSPECTS) break;
      this.#crashes.delete(id);
    }
    return counted;
  }

  cleared(id: string): void {
    this.#crashes.delete(id);
  }

  /** What the next node must know: the newest, as far as they fit. */
  get crashes(): Crashes {
    const crashes = [...this.#crashes];
    let [first, size] = [crashes.length, 0];
    while (first > 0) {
      size += Buffer.byteLength(JSON.stringify(crashes[first - 1])) + 1;
      if (size > MAX_TEXT) break;
      first--;
    }
    return crashes.slice(first);
  }
}
