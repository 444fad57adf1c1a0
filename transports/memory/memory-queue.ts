/**
 * One queue of a memory broker: ready messages by priority, first come first served, and delayed ones. Used by
 * `MemoryBroker` on the host thread.
 */
import type { OutgoingMessage } from '../../core/ports/transport.js';

export interface MemoryMessage {
  /** Grows with every publish: order within a priority, kept by a message that comes back. */
  readonly id: number;
  readonly message: OutgoingMessage;
  readonly expiresEpochMs: number | null;
  deliveries: number;
}

interface Lane {
  readonly priority: number;
  /** Ordered by id; `head` marks what was taken from the front. */
  items: MemoryMessage[];
  head: number;
}

/** Taken entries are cut off when there are this many of them, so taking from the front is amortised O(1). */
const COMPACT_COUNT = 1_024;

export class MemoryQueue {
  readonly name: string;
  /** Highest priority first; a handful. */
  readonly #lanes: Lane[] = [];
  readonly #delayed = new Set<MemoryMessage>();

  constructor(name: string) {
    this.name = name;
  }

  get readyCount(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.items.length - lane.head, 0);
  }

  get delayedCount(): number {
    return this.#delayed.size;
  }

  add(item: MemoryMessage): void {
    const lane = this.#lane(item.message.properties.priority ?? 0);
    const last = lane.items.at(-1);
    if (lane.head === lane.items.length || last === undefined || last.id < item.id) {
      lane.items.push(item);
      return;
    }
    // A message that comes back takes its old place.
    const at = lane.items.findIndex((other, i) => i >= lane.head && other.id > item.id);
    lane.items.splice(at, 0, item);
  }

  delay(item: MemoryMessage): void {
    this.#delayed.add(item);
  }

  /** False when the message was purged meanwhile. */
  undelay(item: MemoryMessage): boolean {
    return this.#delayed.delete(item);
  }

  /** The next message that has not expired; null when there is none. */
  take(nowEpochMs: number): MemoryMessage | null {
    for (const lane of this.#lanes) {
      while (lane.head < lane.items.length) {
        const item = lane.items[lane.head++];
        if (lane.head >= COMPACT_COUNT && lane.head * 2 > lane.items.length) {
          lane.items = lane.items.slice(lane.head);
          lane.head = 0;
        }
        if (item !== undefined && (item.expiresEpochMs === null || item.expiresEpochMs > nowEpochMs)) return item;
      }
    }
    return null;
  }

  /** Up to `limit` ready messages, oldest first, left where they are. */
  browse(limit: number): readonly MemoryMessage[] {
    return this.#lanes
      .flatMap((lane) => lane.items.slice(lane.head))
      .sort((a, b) => a.id - b.id)
      .slice(0, limit);
  }

  /** Removes everything; answers how many there were. */
  purge(): number {
    const count = this.readyCount + this.delayedCount;
    this.#lanes.length = 0;
    this.#delayed.clear();
    return count;
  }

  #lane(priority: number): Lane {
    const at = this.#lanes.findIndex((lane) => lane.priority <= priority);
    const found = this.#lanes[at];
    if (found?.priority === priority) return found;
    const lane: Lane = { priority, items: [], head: 0 };
    this.#lanes.splice(at === -1 ? this.#lanes.length : at, 0, lane);
    return lane;
  }
}
