/**
 * The requests about messages and consumers, each within a transaction of the I/O loop: publish, subscribe, claim,
 * settle, renew, reap.
 */
import { failpoints } from '../../core/kernel/failpoint.js';
import type { ConsumerTable } from './consumer-table.js';
import type { IoRequest, PackedRows } from './io-protocol.js';
import type { Claim, QueueTables } from './queue-tables.js';
import { Subscription, type SubscribedQueue } from './subscription.js';
import type { TransactionEffects } from './transaction-effects.js';

type RequestOf<K extends IoRequest['kind']> = Extract<IoRequest, { readonly kind: K }>;

/** Bytes of bodies in one claim: bounds the copy that travels to the host. */
const CLAIM_BYTES = 8 * 1024 * 1024;
const PROMOTE_COUNT = 500;

export class MessageOperations {
  readonly #queues: QueueTables;
  readonly #consumers: ConsumerTable;
  readonly #subscriptions = new Map<number, Subscription>();

  constructor(queues: QueueTables, consumers: ConsumerTable) {
    this.#queues = queues;
    this.#consumers = consumers;
  }

  get hasSubscriptions(): boolean {
    return this.#subscriptions.size > 0;
  }

  get isHungry(): boolean {
    for (const subscription of this.#subscriptions.values()) if (subscription.isHungry) return true;
    return false;
  }

  /** Something outside may have made messages ready. */
  wake(): void {
    for (const subscription of this.#subscriptions.values()) subscription.mayFindMore = true;
  }

  /** Looks for no further messages before the next wake-up. */
  rest(): void {
    for (const subscription of this.#subscriptions.values()) subscription.mayFindMore = false;
  }

  publish(request: RequestOf<'publish'>, effects: TransactionEffects): void {
    this.#queues.publish(request.queue, request.messages);
    effects.rows += request.messages.count;
    effects.bytes += request.messages.data.byteLength;
    this.#madeReady(effects);
  }

  subscribe(request: RequestOf<'subscribe'>, effects: TransactionEffects): void {
    const queues = request.queues.map((name): SubscribedQueue => ({ id: this.#queues.declare(name), name }));
    const owner = this.#consumers.register(Date.now() + request.leaseMs);
    this.#subscriptions.set(request.consumer, new Subscription({ ...request, queues, owner }));
    effects.onRollback(() => this.#subscriptions.delete(request.consumer));
  }

  cancel(request: RequestOf<'cancel'>): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription !== undefined) subscription.isCancelled = true;
  }

  /** Ends a consumer; what it held is ready again and not counted, since it came back by our own will. */
  release(request: RequestOf<'release'>, effects: TransactionEffects): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription === undefined) return;
    effects.rows += this.#queues.releaseOwner(subscription.owner, 0);
    this.#consumers.remove(subscription.owner);
    this.#subscriptions.delete(request.consumer);
    effects.onRollback(() => this.#subscriptions.set(request.consumer, subscription));
    this.#madeReady(effects);
  }

  setWindow(request: RequestOf<'window'>): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription !== undefined) subscription.prefetchCount = request.prefetchCount;
  }

  /** The host is alive and says so; a stuck host cannot, whatever this thread does (fencing, N1). */
  heartbeat(request: RequestOf<'heartbeat'>, effects: TransactionEffects): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription === undefined) return;
    if (!this.#consumers.renew(subscription.owner, Date.now() + subscription.leaseMs))
      this.#beginEpoch(subscription, effects);
  }

  /** Answers the tags that were gone. */
  settle(request: RequestOf<'settle'>, effects: TransactionEffects): readonly number[] {
    const subscription = this.#subscriptions.get(request.consumer);
    const { acks, requeues, deadLetters } = request;
    const tags = [...acks, ...requeues.map((item) => item.tag), ...deadLetters.map((item) => item.tag)];
    if (subscription === undefined) return tags;
    const gone: number[] = [];
    const acked = this.#owned(subscription, acks, gone);
    if (acked !== '[]') this.#queues.remove(acked);
    for (const { tag, countsAsDelivery, delayMs } of requeues) {
      const owned = this.#owned(subscription, [tag], gone);
      if (owned === '[]') continue;
      this.#queues.requeue(owned, countsAsDelivery ? 1 : 0, delayMs > 0 ? Date.now() + Math.round(delayMs) : null);
    }
    for (const { tag, queue, headers } of deadLetters) {
      const owned = this.#owned(subscription, [tag], gone);
      if (owned !== '[]') this.#queues.deadLetter(subscription.find(tag)?.id ?? 0, queue, headers);
      failpoints?.reach('beforeDeadLetterAck');
    }
    for (const tag of tags) this.#drop(subscription, tag, effects);
    effects.rows += tags.length;
    if (requeues.length + deadLetters.length > 0) this.#madeReady(effects);
    return gone;
  }

  /** Whether a claim would find something, without a transaction. */
  findsWork(): boolean {
    const dueEpochMs = this.#queues.nextDueEpochMs();
    if (dueEpochMs !== null && dueEpochMs <= Date.now()) return true;
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.isHungry) continue;
      if (subscription.queues.some((queue) => this.#queues.hasReady(queue.id))) return true;
      subscription.mayFindMore = false;
    }
    return false;
  }

  /** Promotes what is due and fills the windows. */
  claim(effects: TransactionEffects): void {
    const nowEpochMs = Date.now();
    if (this.#queues.promote(nowEpochMs, PROMOTE_COUNT) > 0) this.#madeReady(effects);
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.isHungry) continue;
      if (!this.#consumers.exists(subscription.owner)) this.#beginEpoch(subscription, effects);
      this.#claimFor(subscription, nowEpochMs, effects);
    }
  }

  nextDueEpochMs(): number | null {
    return this.#queues.nextDueEpochMs();
  }

  /** Finds consumers that are gone (a read); `reap` takes what they held. */
  dead(): ReturnType<ConsumerTable['dead']> {
    return this.#consumers.dead(Date.now(), new Set([...this.#subscriptions.values()].map((one) => one.owner)));
  }

  /** What a dead consumer held is ready again at once, and counted: it may be what killed it. */
  reap(dead: ReturnType<ConsumerTable['dead']>, effects: TransactionEffects): void {
    for (const row of dead) {
      if (!this.#consumers.removeDead(row)) continue;
      effects.rows += this.#queues.releaseOwner(row.owner, 1);
      this.#madeReady(effects);
    }
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
    subscription.turn = (subscription.turn + 1) % queues.length;
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

  /** Somebody has taken our deliveries: go on under a new owner number, under which old tags mean nothing. */
  #beginEpoch(subscription: Subscription, effects: TransactionEffects): void {
    const previous = subscription.owner;
    subscription.dropAll();
    subscription.owner = this.#consumers.register(Date.now() + subscription.leaseMs);
    subscription.mayFindMore = true;
    effects.onRollback(() => {
      subscription.owner = previous;
    });
    effects.events.push({ kind: 'lost', consumer: subscription.consumer });
  }

  #madeReady(effects: TransactionEffects): void {
    effects.ringsMessages = true;
    this.wake();
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
