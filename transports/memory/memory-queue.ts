/**
 * One queue of a memory broker: ready messages by priority, first come first served, delayed ones, and those that consumers
 * hold. Used by `MemoryBroker` on the host thread.
 */
import type { MessageState, OutgoingMessage, QueueDeclaration } from '../../core/ports/transport.js';

export interface MemoryMessage {
  /** Grows with every publish: order within a priority, kept by a message that comes back. Its handle, too. */
  readonly id: number;
  readonly message: OutgoingMessage;
  readonly publishedEpochMs: number;
  /** Only in a queue with `messageTtlMs`. */
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
  readonly declaration: QueueDeclaration;
  /** Consumers that take from it. */
  consumerCount = 0;
  hadConsumer = false;
  /** Last declared or consumed; for `expiresMs`. */
  usedEpochMs = 0;
  /** Highest priority first; a handful. */
  readonly #lanes: Lane[] = [];
  readonly #delayed = new Set<MemoryMessage>();
  readonly #unacked = new Set<MemoryMessage>();

  constructor(declaration: QueueDeclaration) {
    this.name = declaration.name;
    this.declaration = declaration;
  }

  get readyCount(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.items.length - lane.head, 0);
  }

  get delayedCount(): number {
    return this.#delayed.size;
  }

  get unackedCount(): number {
    return this.#unacked.size;
  }

  /** Whether it removes itself now: its last consumer is gone and nobody holds anything of it. */
  get isOrphan(): boolean {
    const { declaration, hadConsumer, consumerCount } = this;
    return declaration.autoDelete === true && hadConsumer && consumerCount === 0 && this.#unacked.size === 0;
  }

  add(item: MemoryMessage): void {
    const { maxPriority } = this.declaration;
    const priority = Math.min(item.message.properties.priority ?? 0, maxPriority ?? Infinity);
    const lane = this.#lane(priority);
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

  /** False when the message was purged or moved meanwhile. */
  undelay(item: MemoryMessage): boolean {
    return this.#delayed.delete(item);
  }

  /** The next message that has not expired, held from now on; null when there is none. */
  take(nowEpochMs: number): MemoryMessage | null {
    for (const lane of this.#lanes) {
      while (lane.head < lane.items.length) {
        const item = lane.items[lane.head++];
        if (lane.head >= COMPACT_COUNT && lane.head * 2 > lane.items.length) {
          lane.items = lane.items.slice(lane.head);
          lane.head = 0;
        }
        if (item === undefined || (item.expiresEpochMs !== null && item.expiresEpochMs <= nowEpochMs)) continue;
        this.#unacked.add(item);
        return item;
      }
    }
    return null;
  }

  /** A consumer holds it no more. */
  letGo(item: MemoryMessage): void {
    this.#unacked.delete(item);
  }

  /** Up to `limit` messages, oldest first, left where they are. */
  browse(state: MessageState, limit: number): readonly MemoryMessage[] {
    const ready = (): MemoryMessage[] => this.#lanes.flatMap((lane) => lane.items.slice(lane.head));
    const items = state === 'ready' ? ready() : [...(state === 'delayed' ? this.#delayed : this.#unacked)];
    return items.sort((a, b) => a.id - b.id).slice(0, limit);
  }

  /** Takes out one ready or delayed message; null when it is not there. */
  remove(id: number): MemoryMessage | null {
    for (const lane of this.#lanes) {
      const at = lane.items.findIndex((item, i) => i >= lane.head && item.id === id);
      if (at !== -1) return lane.items.splice(at, 1)[0] ?? null;
    }
    const delayed = [...this.#delayed].find((item) => item.id === id);
    if (delayed === undefined) return null;
    this.#delayed.delete(delayed);
    return delayed;
  }

  /** Removes everything that nobody holds; answers how many there were. */
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
