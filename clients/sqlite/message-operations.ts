/** The requests about messages, each within a transaction of the I/O loop: publish, claim, settle. */
import { failpoints } from '../../core/kernel/failpoint.js';
import type { ConsumerOperations } from './consumer-operations.js';
import type { IoRequest, PackedRows } from './io-protocol.js';
import type { QueueDirectory } from './queue-directory.js';
import type { Claim, QueueTables } from './queue-tables.js';
import type { Subscription } from './subscription.js';
import type { TransactionEffects } from './transaction-effects.js';

type RequestOf<K extends IoRequest['kind']> = Extract<IoRequest, { readonly kind: K }>;

/** Bytes of bodies in one claim: bounds the copy that travels to the host. */
const CLAIM_BYTES = 8 * 1024 * 1024;
const PROMOTE_COUNT = 500;

export interface MessageParts {
  readonly queues: QueueTables;
  readonly directory: QueueDirectory;
  readonly consumers: ConsumerOperations;
}

export class MessageOperations {
  readonly #queues: QueueTables;
  readonly #directory: QueueDirectory;
  readonly #consumers: ConsumerOperations;

  constructor({ queues, directory, consumers }: MessageParts) {
    this.#queues = queues;
    this.#directory = directory;
    this.#consumers = consumers;
  }

  publish({ queue, messages }: RequestOf<'publish'>, effects: TransactionEffects): void {
    this.#queues.publish(queue, messages);
    effects.rows += messages.count;
    effects.bytes += messages.data.byteLength;
    this.#consumers.madeReady(effects);
  }

  /** Publishes what the host has routed, unless it did so by exchanges and bindings that have changed since. */
  route({ version, routed }: RequestOf<'route'>, effects: TransactionEffects): 0 | 1 {
    if (version !== this.#directory.readVersion()) return 1;
    for (const { queues, messages } of routed) {
      for (const queue of queues) this.publish({ kind: 'publish', queue, messages }, effects);
    }
    return 0;
  }

  /** Answers the tags that were gone. */
  settle(request: RequestOf<'settle'>, effects: TransactionEffects): readonly number[] {
    const subscription = this.#consumers.find(request.consumer);
    const { acks, requeues, deadLetters } = request;
    const tags = [...acks, ...requeues.map((item) => item.tag), ...deadLetters.map((item) => item.tag)];
    if (subscription === null) return tags;
    const gone: number[] = [];
    const acked = this.#owned(subscription, acks, gone);
    if (acked !== '[]') this.#queues.remove(acked);
    for (const { tag, countsAsDelivery, delayMs } of requeues) {
      const owned = this.#owned(subscription, [tag], gone);
      if (owned === '[]') continue;
      this.#queues.requeue(owned, countsAsDelivery ? 1 : 0, delayMs > 0 ? Date.now() + Math.round(delayMs) : null);
    }
    for (const letter of deadLetters) {
      const owned = this.#owned(subscription, [letter.tag], gone);
      if (owned !== '[]') this.#queues.deadLetter(subscription.find(letter.tag)?.id ?? 0, letter);
      failpoints?.reach('beforeDeadLetterAck');
    }
    for (const tag of tags) this.#drop(subscription, tag, effects);
    effects.rows += tags.length;
    if (requeues.length + deadLetters.length > 0) this.#consumers.madeReady(effects);
    return gone;
  }

  /** Whether a claim would find something, without a transaction. */
  findsWork(): boolean {
    const dueEpochMs = this.#queues.nextDueEpochMs();
    if (dueEpochMs !== null && dueEpochMs <= Date.now()) return true;
    for (const subscription of this.#consumers.subscriptions) {
      if (!subscription.isHungry) continue;
      if (subscription.queues.some((queue) => this.#queues.hasReady(queue.id))) return true;
      subscription.mayFindMore = false;
    }
    return false;
  }

  /** Promotes what is due and fills the windows. */
  claim(effects: TransactionEffects): void {
    const nowEpochMs = Date.now();
    if (this.#queues.promote(nowEpochMs, PROMOTE_COUNT) > 0) this.#consumers.madeReady(effects);
    for (const subscription of this.#consumers.subscriptions) {
      if (!subscription.isHungry) continue;
      this.#consumers.keepEpoch(subscription, effects);
      this.#claimFor(subscription, nowEpochMs, effects);
    }
  }

  nextDueEpochMs(): number | null {
    return this.#queues.nextDueEpochMs();
  }

  #claimFor(subscription: Subscription, nowEpochMs: number, effects: TransactionEffects): void {
    let isEmpty = true;
    const { queues } = subscription;
    for (let i = 0; i < queues.length && subscription.room > 0; i++) {
      const queue = queues[(subscription.turn + i) % queues.length];
      if (queue === undefined) continue;
      const limit = subscription.room;
      const candidates = this.#queues.candidates(queue.id, limit);
      if (candidates.length === 0) continue;
      const taken = split(candidates, nowEpochMs);
      if (taken.isCut || candidates.length === limit) isEmpty = false;
      const rows = this.#queues.take(queue.id, subscription.owner, taken);
      this.#hand(subscription, { queue: queue.name, picks: taken.picks, rows }, effects);
    }
    if (subscription.room > 0) subscription.mayFindMore = !isEmpty;
    subscription.turn = queues.length === 0 ? 0 : (subscription.turn + 1) % queues.length;
  }

  #hand(
    subscription: Subscription,
    taken: { readonly queue: string; readonly picks: readonly Claim[]; readonly rows: PackedRows },
    effects: TransactionEffects,
  ): void {
    const { queue, picks, rows } = taken;
    if (picks.length === 0) return;
    const firstTag = subscription.reserveTags(picks.length);
    picks.forEach(([id, , , , bytes], i) => {
      subscription.hold(firstTag + i, { id, bytes });
    });
    effects.onRollback(() => {
      picks.forEach((_, i) => {
        subscription.drop(firstTag + i);
      });
      subscription.mayFindMore = true;
    });
    effects.rows += picks.length;
    effects.events.push({ kind: 'deliveries', consumer: subscription.consumer, queue, firstTag, rows });
  }

  /** JSON array of the message ids behind `tags` that are still ours; the tags of the others go to `gone`. */
  #owned(subscription: Subscription, tags: Iterable<number>, gone: number[]): string {
    const tagOf = new Map<number, number>();
    for (const tag of tags) {
      const held = subscription.find(tag);
      if (held === null) gone.push(tag);
      else tagOf.set(held.id, tag);
    }
    if (tagOf.size === 0) return '[]';
    const owned = this.#queues.owned([...tagOf.keys()], subscription.owner);
    const ids = JSON.parse(owned) as number[];
    if (ids.length === tagOf.size) return owned;
    const kept = new Set(ids);
    for (const [id, tag] of tagOf) if (!kept.has(id)) gone.push(tag);
    return owned;
  }

  #drop(subscription: Subscription, tag: number, effects: TransactionEffects): void {
    const held = subscription.find(tag);
    if (held === null) return;
    subscription.drop(tag);
    effects.onRollback(() => {
      subscription.hold(tag, held);
    });
  }
}

/** Divides candidates into those to deliver and those that have expired; cut where the claim has enough bytes. */
function split(
  candidates: readonly Claim[],
  nowEpochMs: number,
): { readonly picks: readonly Claim[]; readonly expired: readonly Claim[]; readonly isCut: boolean } {
  const picks: Claim[] = [];
  const expired: Claim[] = [];
  let bytes = 0;
  for (const claim of candidates) {
    if (claim[3] !== null && claim[3] <= nowEpochMs) {
      expired.push(claim);
      continue;
    }
    if (picks.length > 0 && bytes + claim[4] > CLAIM_BYTES) return { picks, expired, isCut: true };
    bytes += claim[4];
    picks.push(claim);
  }
  return { picks, expired, isCut: false };
}
