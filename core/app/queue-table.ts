/**
 * The queues that an app knows (`taskQueues`), those that a call names and nobody declared, and which of them a worker
 * consumes (ROUTE-01 to 04, 12, 13, 20, 22). Client, host and member; no I/O.
 */
import { ConfigError, QueueNotFound } from '../kernel/errors.js';
import type { ExchangeType } from '../ports/transport.js';
import { nearMiss } from '../kernel/near-miss.js';
import type { Declarations } from '../task/publish-options.js';
import { Broadcast, declarationsOf, Exchange, Queue, type PlacedQueue, type QueueOptions } from './queue.js';

/** The settings that decide about queues. */
export interface QueueSettings {
  readonly taskQueues: unknown;
  readonly taskDefaultQueue: string;
  readonly taskDefaultQueueType: string;
  readonly taskDefaultExchange: string;
  readonly taskDefaultExchangeType: string;
  readonly taskDefaultRoutingKey: string;
  readonly taskCreateMissingQueues: boolean;
  readonly taskCreateMissingQueueType: string;
  readonly taskCreateMissingQueueExchangeType: string;
  readonly taskQueueMaxPriority: number | null;
}

/** Suffix of the queue that only one worker consumes (BUG-17: the code's value, not the documentation's). */
const DIRECT_SUFFIX = '.dq2';
const DIRECT_EXCHANGE = 'C.dq2';

/** The queue of one worker (`workerDirect`, ROUTE-12). @param worker its node name, as `celery@host` */
export function workerDirect(worker: string): Queue {
  return new Queue(`${worker}${DIRECT_SUFFIX}`, {
    exchange: new Exchange(DIRECT_EXCHANGE),
    routingKey: worker,
    autoDelete: true,
  });
}

export class QueueTable implements Iterable<Queue> {
  readonly #settings: QueueSettings;
  readonly #queues = new Map<string, PlacedQueue>();
  /** Queues that were made because a call named them: declared like others, never consumed unasked. */
  readonly #missing = new Map<string, PlacedQueue>();
  /** Counts additions: what was declared before may not be all any more. */
  revision = 0;
  /** Names to consume; null is every queue of the table. */
  #selected: Set<string> | null = null;

  /** @throws ConfigError for `taskQueues` that make no sense. */
  constructor(settings: QueueSettings) {
    this.#settings = settings;
    for (const queue of configuredQueues(settings.taskQueues)) this.add(queue);
    if (this.#queues.size === 0) this.add(this.#plainQueue(settings.taskDefaultQueue, settings.taskDefaultQueueType));
  }

  /** Gives each broadcast a queue that no other consumer of this process has: called once by each worker (ROUTE-11). */
  renewBroadcasts(): void {
    for (const { queue } of [...this.#queues.values()]) if (queue instanceof Broadcast) this.add(queue.renewed());
  }

  /** Adds or replaces a queue; of a name, one with the options (ROUTE-13). */
  add(queue: Queue | string, options: QueueOptions = {}): Queue {
    const added = typeof queue === 'string' ? new Queue(queue, { routingKey: queue, ...options }) : queue;
    const placed = this.#place(added);
    this.#queues.set(added.alias, placed);
    this.revision++;
    return placed.queue;
  }

  has(name: string): boolean {
    return this.#queues.has(name);
  }

  /**
   * The queue of this name or alias; made when it is missing and `taskCreateMissingQueues` allows it.
   * @throws QueueNotFound otherwise (ROUTE-03)
   */
  get(name: string): PlacedQueue {
    const known = this.#queues.get(name) ?? this.#missing.get(name);
    if (known !== undefined) return known;
    if (!this.#settings.taskCreateMissingQueues) {
      const meant = nearMiss(name, this.#queues.keys());
      const hint =
        meant === null ? `taskQueues has ${[...this.#queues.keys()].join(', ')}` : `did you mean "${meant}"?`;
      throw new QueueNotFound(`queue "${name}" is not in taskQueues and taskCreateMissingQueues is off; ${hint}`);
    }
    const made = this.#makeMissing(name);
    this.#missing.set(name, made);
    return made;
  }

  /** Exchange and routing key of a queue that need not be in the table. */
  place(queue: Queue): PlacedQueue {
    return this.#place(queue);
  }

  /** What a consumer of a queue declares: itself, its exchanges and bindings. */
  declarationsOf(queue: Queue): Declarations {
    return declarationsOf(this.#place(queue));
  }

  get defaultQueue(): PlacedQueue {
    return this.get(this.#settings.taskDefaultQueue);
  }

  /** What has to be there before a message can be published: its queue, or all that is bound to its exchange. */
  declarationsFor(exchange: string, routingKey: string): Declarations {
    if (exchange === '') return declarationsOf(this.#byQueueName(routingKey));
    const bound = [...this.#queues.values(), ...this.#missing.values()].filter((placed) => reaches(placed, exchange));
    const all = bound.map((placed) =>
      // The queues of broadcasts belong to their consumers: only the exchange is made here.
      placed.queue.isBroadcast ? { ...declarationsOf(placed, true), queues: [] } : declarationsOf(placed, true),
    );
    return { exchanges: all.flatMap(({ exchanges }) => exchanges), queues: all.flatMap(({ queues }) => queues) };
  }

  /** Limits what is consumed to these names; missing ones are created (`-Q`, ROUTE-04). @throws as `get` */
  select(names: readonly string[]): void {
    for (const name of names) if (!this.#queues.has(name)) this.#queues.set(name, this.get(name));
    this.#selected = new Set(names);
  }

  /** Takes names out of what is consumed (`-X`). */
  deselect(names: readonly string[]): void {
    this.#selected = new Set(this.consumed.map(({ queue }) => queue.alias).filter((name) => !names.includes(name)));
  }

  /** The queues that a worker of this app consumes. */
  get consumed(): readonly PlacedQueue[] {
    const selected = this.#selected;
    return [...this.#queues.values()].filter(({ queue }) => selected === null || selected.has(queue.alias));
  }

  *[Symbol.iterator](): IterableIterator<Queue> {
    for (const { queue } of this.#queues.values()) yield queue;
  }

  #byQueueName(name: string): PlacedQueue {
    const known = this.#queues.get(name) ?? [...this.#queues.values()].find(({ queue }) => queue.name === name);
    if (known !== undefined) return known;
    // By now the message is built: refusing its queue was the router's business.
    const made = this.#missing.get(name) ?? this.#makeMissing(name);
    this.#missing.set(name, made);
    return made;
  }

  #makeMissing(name: string): PlacedQueue {
    const { taskCreateMissingQueueType, taskCreateMissingQueueExchangeType } = this.#settings;
    const type = taskCreateMissingQueueExchangeType as ExchangeType;
    const queue = this.#plainQueue(name, taskCreateMissingQueueType);
    return {
      queue: withLimits(queue, this.#settings),
      exchange: new Exchange(name, type),
      routingKey: name,
      isBound: type !== 'direct',
    };
  }

  #plainQueue(name: string, type: string): Queue {
    return new Queue(name, type === 'quorum' ? { queueArguments: { 'x-queue-type': 'quorum' } } : {});
  }

  #place(queue: Queue): PlacedQueue {
    const { taskDefaultQueue, taskDefaultExchange, taskDefaultExchangeType, taskDefaultRoutingKey } = this.#settings;
    const type = (queue.options.exchangeType ?? taskDefaultExchangeType) as ExchangeType;
    const exchange = queue.exchange ?? new Exchange(taskDefaultExchange, type);
    // A default that nobody has changed would give the key of the default queue to all the others.
    const ownKey = taskDefaultRoutingKey === taskDefaultQueue ? queue.name : taskDefaultRoutingKey;
    const routingKey = queue.routingKey ?? ownKey;
    return {
      queue: withLimits(queue, this.#settings),
      exchange,
      routingKey,
      // The default exchange of a direct queue is bound when somebody publishes to it: the anonymous one needs nothing.
      isBound: queue.exchange !== null || exchange.type !== 'direct',
    };
  }
}

function reaches({ queue, exchange }: PlacedQueue, name: string): boolean {
  if (exchange.name === name) return true;
  return (queue.options.bindings ?? []).some(({ exchange: to }) => (typeof to === 'string' ? to : to.name) === name);
}

/** `taskQueueMaxPriority` stands for every queue that says nothing of its own. */
function withLimits(queue: Queue, { taskQueueMaxPriority }: QueueSettings): Queue {
  if (taskQueueMaxPriority === null || queue.isBroadcast) return queue;
  if (queue.options.maxPriority !== undefined || queue.options.queueArguments?.['x-max-priority'] !== undefined)
    return queue;
  return new Queue(queue.name, { ...queue.options, maxPriority: taskQueueMaxPriority });
}

/** `taskQueues` as queues: a list of queues or names, or name → options. */
function configuredQueues(value: unknown): readonly Queue[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map(queueOfItem);
  if (typeof value === 'object') {
    return Object.entries(value as Readonly<Record<string, QueueOptions | null>>).map(
      ([name, options]) => new Queue(name, { routingKey: name, ...camelOptions(options ?? {}) }),
    );
  }
  throw new ConfigError('taskQueues must be a list of queues or an object of name → options (ROUTE-01)');
}

function queueOfItem(item: unknown): Queue {
  if (item instanceof Queue) return item;
  if (typeof item === 'string') return new Queue(item);
  if (typeof item !== 'object' || item === null || !('name' in item) || typeof item.name !== 'string') {
    throw new ConfigError('taskQueues must list queues: new Queue("images"), or { name: "images" } (ROUTE-01)');
  }
  const { name, ...options } = item as { readonly name: string } & QueueOptions;
  return new Queue(name, camelOptions(options));
}

/** Celery's spelling in configuration files: `routing_key` → `routingKey`. */
function camelOptions(options: object): QueueOptions {
  const entries = Object.entries(options).map(([name, value]): [string, unknown] => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries);
}
