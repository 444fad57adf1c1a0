/**
 * Which tasks may have killed processes (C2, W8): counted over the lives of all nodes, so that one whose runs end process
 * after process is found even where the broker does not count. A task that ends leaves; the oldest leave beyond a bound.
 */
import type { JournalEntry } from '../../core/worker/crashes/journal-record.js';
import type { Crashes } from './node-messages.js';

/** They travel in an environment variable of 128 KiB at most. */
const MAX_SUSPECTS = 500;

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

  /** What the next node must know. */
  get crashes(): Crashes {
    return [...this.#crashes];
  }
}
