/**
 * The requests about consumers, each within a transaction of the I/O loop: subscribe, further queues, renew, release, reap;
 * and what this thread remembers of its own consumers.
 */
import type { ConsumerTable } from './consumer-table.js';
import type { IoRequest } from './io-protocol.js';
import type { QueueDirectory, StoredQueue } from './queue-directory.js';
import type { QueueLook } from './queue-look.js';
import type { QueueTables } from './queue-tables.js';
import type { TopologyOperations } from './topology-operations.js';
import { Subscription, type SubscribedQueue } from './subscription.js';
import type { TransactionEffects } from './transaction-effects.js';

type RequestOf<K extends IoRequest['kind']> = Extract<IoRequest, { readonly kind: K }>;

/** What is over: consumers whose lease has ended or whose process is gone, queues that remove themselves. */
export interface Remains {
  readonly consumers: ReturnType<ConsumerTable['dead']>;
  readonly queues: readonly StoredQueue[];
}

export interface ConsumerParts {
  readonly consumers: ConsumerTable;
  readonly directory: QueueDirectory;
  readonly queues: QueueTables;
  readonly look: QueueLook;
  readonly topology: TopologyOperations;
}

export class ConsumerOperations {
  readonly #parts: ConsumerParts;
  readonly #subscriptions = new Map<number, Subscription>();

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
  }

  get subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.values();
  }

  get hasSubscriptions(): boolean {
    return this.#subscriptions.size > 0;
  }

  get isHungry(): boolean {
    for (const subscription of this.#subscriptions.values()) if (subscription.isHungry) return true;
    return false;
  }

  find(consumer: number): Subscription | null {
    return this.#subscriptions.get(consumer) ?? null;
  }

  /** Something may have made messages ready. */
  wake(): void {
    for (const subscription of this.#subscriptions.values()) subscription.mayFindMore = true;
  }

  /** Looks for no further messages before the next wake-up. */
  rest(): void {
    for (const subscription of this.#subscriptions.values()) subscription.mayFindMore = false;
  }

  subscribe(request: RequestOf<'subscribe'>, effects: TransactionEffects): void {
    const owner = this.#parts.consumers.register(Date.now() + request.leaseMs);
    const queues = this.#attach(owner, request.queues);
    this.#subscriptions.set(request.consumer, new Subscription({ ...request, queues, owner }));
    effects.onRollback(() => this.#subscriptions.delete(request.consumer));
  }

  addQueues(request: RequestOf<'add-queues'>, effects: TransactionEffects): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription === undefined) return;
    const known = subscription.queues;
    const added = request.queues.filter((name) => !known.some((queue) => queue.name === name));
    this.#setQueues(subscription, [...known, ...this.#attach(subscription.owner, added)], effects);
  }

  /** What was claimed before has been handed to the host before the answer of this request. */
  removeQueues(request: RequestOf<'remove-queues'>, effects: TransactionEffects): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription === undefined) return;
    const isRemoved = ({ name }: SubscribedQueue): boolean => request.queues.includes(name);
    const removed = subscription.queues.filter(isRemoved);
    for (const { id } of removed) this.#parts.directory.unsubscribe(subscription.owner, id);
    const kept = subscription.queues.filter((queue) => !isRemoved(queue));
    this.#setQueues(subscription, kept, effects);
    if (removed.length > 0) this.#sweep(effects);
  }

  cancel(request: RequestOf<'cancel'>): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription !== undefined) subscription.isCancelled = true;
  }

  /** Ends a consumer; what it held is ready again and not counted, since it came back by our own will. */
  release(request: RequestOf<'release'>, effects: TransactionEffects): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription === undefined) return;
    const { consumers, directory, queues } = this.#parts;
    effects.rows += queues.releaseOwner(subscription.owner, 0);
    directory.unsubscribeAll(subscription.owner);
    consumers.remove(subscription.owner);
    this.#subscriptions.delete(request.consumer);
    effects.onRollback(() => this.#subscriptions.set(request.consumer, subscription));
    this.#sweep(effects);
    this.madeReady(effects);
  }

  /** Queue and routing key of what was delivered under each tag. */
  origins(request: RequestOf<'origins'>): readonly string[] {
    const subscription = this.find(request.consumer);
    return request.tags.flatMap((tag) => this.#parts.look.origin(subscription?.find(tag)?.id ?? 0));
  }

  setWindow(request: RequestOf<'window'>): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription !== undefined) subscription.prefetchCount = request.prefetchCount;
  }

  /** The host is alive and says so; a stuck host cannot, whatever this thread does (fencing, N1). */
  heartbeat(request: RequestOf<'heartbeat'>, effects: TransactionEffects): void {
    const subscription = this.#subscriptions.get(request.consumer);
    if (subscription === undefined) return;
    const { consumers } = this.#parts;
    if (!consumers.renew(subscription.owner, Date.now() + subscription.leaseMs))
      this.#beginEpoch(subscription, effects);
  }

  /** Goes on under a new owner number when somebody has taken our deliveries. */
  keepEpoch(subscription: Subscription, effects: TransactionEffects): void {
    if (!this.#parts.consumers.exists(subscription.owner)) this.#beginEpoch(subscription, effects);
  }

  /** Finds what is over (a read); `reap` ends it. Null when there is nothing. */
  remains(): Remains | null {
    const own = new Set([...this.#subscriptions.values()].map((one) => one.owner));
    const consumers = this.#parts.consumers.dead(Date.now(), own);
    const queues = this.#parts.directory.orphans();
    return consumers.length + queues.length === 0 ? null : { consumers, queues };
  }

  /** What a dead consumer held is ready again at once, and counted: it may be what killed it. */
  reap(remains: Remains, effects: TransactionEffects): void {
    const { consumers, directory, queues } = this.#parts;
    for (const row of remains.consumers) {
      if (!consumers.removeDead(row)) continue;
      effects.rows += queues.releaseOwner(row.owner, 1);
      directory.unsubscribeAll(row.owner);
      this.madeReady(effects);
    }
    this.#sweep(effects);
  }

  madeReady(effects: TransactionEffects): void {
    effects.ringsMessages = true;
    this.wake();
  }

  #sweep(effects: TransactionEffects): void {
    effects.rows += this.#parts.look.remove(this.#parts.directory.orphans());
  }

  #attach(owner: number, names: readonly string[]): readonly SubscribedQueue[] {
    const { directory, topology } = this.#parts;
    return [...new Set(names)].map((name): SubscribedQueue => {
      topology.restore(name);
      const queue = directory.get(name);
      directory.subscribe(owner, queue);
      return { id: queue.id, name };
    });
  }

  #setQueues(subscription: Subscription, queues: readonly SubscribedQueue[], effects: TransactionEffects): void {
    const previous = subscription.queues;
    subscription.queues = queues;
    subscription.mayFindMore = true;
    effects.onRollback(() => {
      subscription.queues = previous;
    });
  }

  /** Under the new owner number old tags mean nothing. */
  #beginEpoch(subscription: Subscription, effects: TransactionEffects): void {
    const previous = subscription.owner;
    subscription.dropAll();
    subscription.owner = this.#parts.consumers.register(Date.now() + subscription.leaseMs);
    effects.onRollback(() => {
      subscription.owner = previous;
    });
    const names = subscription.queues.map(({ name }) => name);
    this.#setQueues(subscription, this.#attach(subscription.owner, names), effects);
    effects.events.push({ kind: 'lost', consumer: subscription.consumer });
  }
}
