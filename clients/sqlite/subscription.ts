/**
 * What the I/O thread remembers of one consumer: its epoch, its window and which tag is which message. Changed inside a
 * transaction and put back when that fails (`TransactionEffects.onRollback`).
 */

export interface Held {
  readonly id: number;
  readonly bytes: number;
}

export interface SubscribedQueue {
  readonly id: number;
  readonly name: string;
}

/** Bytes of bodies that one consumer may hold unsettled (reliability §5.6); a single larger message still passes. */
const WINDOW_BYTES = 64 * 1024 * 1024;
/** Most messages of one claim: beyond it a longer transaction wins nothing. */
const CLAIM_COUNT = 500;

export class Subscription {
  readonly consumer: number;
  queues: readonly SubscribedQueue[];
  readonly leaseMs: number;
  /** Row of the `consumer` table: the epoch. */
  owner: number;
  prefetchCount: number;
  isCancelled = false;
  /** False when a look found less than there was room for; true again after any wake-up. */
  mayFindMore = true;
  /** Queue that the next claim begins with. */
  turn = 0;
  readonly #held = new Map<number, Held>();
  #heldBytes = 0;
  #nextTag = 1;

  constructor(options: {
    readonly consumer: number;
    readonly queues: readonly SubscribedQueue[];
    readonly leaseMs: number;
    readonly owner: number;
    readonly prefetchCount: number;
  }) {
    this.consumer = options.consumer;
    this.queues = options.queues;
    this.leaseMs = options.leaseMs;
    this.owner = options.owner;
    this.prefetchCount = options.prefetchCount;
  }

  /** Messages that may be claimed now. */
  get room(): number {
    if (this.isCancelled || this.#heldBytes >= WINDOW_BYTES) return 0;
    if (this.prefetchCount === 0) return CLAIM_COUNT;
    return Math.max(0, Math.min(CLAIM_COUNT, this.prefetchCount - this.#held.size));
  }

  get isHungry(): boolean {
    return this.mayFindMore && this.room > 0;
  }

  /** Tags are never used twice, not even after a rollback. Answers the first of `count` consecutive ones. */
  reserveTags(count: number): number {
    const first = this.#nextTag;
    this.#nextTag += count;
    return first;
  }

  hold(tag: number, held: Held): void {
    this.#held.set(tag, held);
    this.#heldBytes += held.bytes;
  }

  find(tag: number): Held | null {
    return this.#held.get(tag) ?? null;
  }

  drop(tag: number): void {
    const held = this.#held.get(tag);
    if (held === undefined) return;
    this.#held.delete(tag);
    this.#heldBytes -= held.bytes;
  }

  /** The epoch is over: no tag of it is known any more. */
  dropAll(): void {
    this.#held.clear();
    this.#heldBytes = 0;
  }
}
