/**
 * Queues and exchanges as a user declares them (`taskQueues`, `queue:` of a call), and what of them a transport is told
 * (ROUTE-01, ROUTE-11). No I/O.
 */
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { createTaskIds } from '../kernel/ids.js';
import { systemRandom } from '../kernel/random.js';
import type { HeaderTable } from '../kernel/header-block.js';
import type { Binding, ExchangeType, QueueDeclaration } from '../ports/transport.js';
import type { Declarations } from '../task/publish-options.js';
import { checkQueueOptions } from './queue-options.js';

export interface ExchangeOptions {
  /** @defaultValue true */
  readonly durable?: boolean;
  /** @defaultValue false */
  readonly autoDelete?: boolean;
  /** Delivery mode of messages to its queues (CALL-15). @defaultValue setting `taskDefaultDeliveryMode` */
  readonly deliveryMode?: 1 | 2 | null;
}

export class Exchange {
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly deliveryMode: 1 | 2 | null;

  constructor(name: string, type: ExchangeType = 'direct', options: ExchangeOptions = {}) {
    this.name = name;
    this.type = type;
    this.durable = options.durable ?? true;
    this.autoDelete = options.autoDelete ?? false;
    this.deliveryMode = options.deliveryMode ?? null;
  }
}

export interface BindingOptions {
  readonly exchange: Exchange | string;
  /** @defaultValue '' */
  readonly routingKey?: string;
  /** For a headers exchange. */
  readonly arguments?: HeaderTable;
}

/** Fields of a queue in `taskQueues`; names and units are kombu's. */
export interface QueueOptions {
  /** @defaultValue setting `taskDefaultExchange`, then `taskDefaultQueue` */
  readonly exchange?: Exchange | string | null;
  /** Of an exchange that is given by name. @defaultValue setting `taskDefaultExchangeType` */
  readonly exchangeType?: ExchangeType | null;
  /** @defaultValue setting `taskDefaultRoutingKey`, then the name of the queue */
  readonly routingKey?: string | null;
  /** Further bindings (ROUTE-13). */
  readonly bindings?: readonly BindingOptions[];
  /** Arguments in AMQP's names: `x-max-priority`, `x-dead-letter-exchange` … */
  readonly queueArguments?: HeaderTable;
  readonly bindingArguments?: HeaderTable;
  /** @defaultValue true */
  readonly durable?: boolean;
  readonly exclusive?: boolean;
  readonly autoDelete?: boolean;
  /** Most messages; a publish beyond is refused. */
  readonly maxLength?: number | null;
  /** Highest priority that is told apart (ROUTE-20). @defaultValue setting `taskQueueMaxPriority` */
  readonly maxPriority?: number | null;
  /** Seconds after which a message is removed. */
  readonly messageTtl?: number | null;
  /** Seconds without use after which the queue is removed. */
  readonly expires?: number | null;
  /** Name under which calls find the queue. @defaultValue its own name */
  readonly alias?: string | null;
}

/** The compiler holds this list against the interface. */
const OPTIONS: Readonly<Record<keyof QueueOptions, true>> = {
  ...{ exchange: true, exchangeType: true, routingKey: true, bindings: true, alias: true },
  ...{ queueArguments: true, bindingArguments: true },
  ...{ durable: true, exclusive: true, autoDelete: true, expires: true },
  ...{ maxLength: true, maxPriority: true, messageTtl: true },
};

export class Queue {
  readonly name: string;
  readonly alias: string;
  /** Null until a table of queues gives it the default one. */
  readonly exchange: Exchange | null;
  readonly routingKey: string | null;
  readonly options: QueueOptions;
  /** Every consumer has a queue of its own behind the exchange. */
  readonly isBroadcast: boolean = false;

  /** @throws ConfigError for a queue without a name, and as `checkQueueOptions`. */
  constructor(name: string, options: QueueOptions = {}) {
    if (typeof name !== 'string' || name === '') throw new ConfigError('a queue needs a name (ROUTE-01)');
    checkQueueOptions(name, options, OPTIONS);
    this.name = name;
    this.alias = options.alias ?? name;
    this.exchange = exchangeOf(options);
    this.routingKey = options.routingKey ?? null;
    this.options = options;
  }
}

export interface BroadcastOptions extends Omit<QueueOptions, 'routingKey' | 'exchangeType'> {
  /** Name of this consumer's queue. @defaultValue a name of its own, `bcast.<uuid>` */
  readonly queue?: string;
  /** Add a UUID to `queue`, so that each consumer has its own. @defaultValue false */
  readonly unique?: boolean;
}

let newId: (() => string) | null = null;

/** Messages to its name reach every worker that consumes it (ROUTE-11); to be called by that name. */
export class Broadcast extends Queue {
  override readonly isBroadcast = true;
  readonly #name: string;
  readonly #options: BroadcastOptions;

  constructor(name: string, options: BroadcastOptions = {}) {
    newId ??= createTaskIds(systemRandom, systemClock);
    const { queue, unique = false, autoDelete = true, exchange, ...rest } = options;
    const own = unique || queue === undefined ? `${queue ?? 'bcast'}.${newId()}` : queue;
    const fanout = exchange ?? new Exchange(name, 'fanout', { durable: false });
    super(own, { ...rest, alias: options.alias ?? name, autoDelete, exchange: fanout, exchangeType: 'fanout' });
    this.#name = name;
    this.#options = options;
  }

  /** The same broadcast for another worker of this process, which must not share a queue with the first. */
  renewed(): Broadcast {
    return new Broadcast(this.#name, this.#options);
  }
}

function exchangeOf({ exchange = null, exchangeType }: QueueOptions): Exchange | null {
  if (exchange === null) return null;
  return typeof exchange === 'string' ? new Exchange(exchange, exchangeType ?? 'direct') : exchange;
}

/** A queue whose exchange and routing key are settled. */
export interface PlacedQueue {
  readonly queue: Queue;
  readonly exchange: Exchange;
  readonly routingKey: string;
  /** The exchange was given by the user and not by the defaults: it is declared and bound with the queue. */
  readonly isBound: boolean;
}

/** @param isBound declare and bind the exchange as well. */
export function declarationsOf(placed: PlacedQueue, isBound = placed.isBound): Declarations {
  const { queue, exchange, routingKey } = placed;
  const extra = queue.options.bindings ?? [];
  if (!isBound && extra.length === 0) return { exchanges: [], queues: [queueDeclaration(queue, [])] };
  const own: Binding = { exchange: exchange.name, routingKey, ...argumentsOf(queue.options.bindingArguments) };
  const bindings = [
    ...(isBound && exchange.name !== '' ? [own] : []),
    ...extra.map(({ exchange: to, routingKey: key = '', arguments: args }): Binding => {
      return { exchange: typeof to === 'string' ? to : to.name, routingKey: key, ...argumentsOf(args) };
    }),
  ];
  const exchanges = [exchange, ...extra.map(({ exchange: to }) => (typeof to === 'string' ? new Exchange(to) : to))];
  const declared = new Map(
    exchanges.filter(({ name }) => bindings.some((binding) => binding.exchange === name)).map((e) => [e.name, e]),
  );
  return {
    exchanges: [...declared.values()].map(({ name, type, durable, autoDelete }) => ({
      name,
      type,
      durable,
      autoDelete,
    })),
    queues: [queueDeclaration(queue, bindings)],
  };
}

function argumentsOf(table: HeaderTable | undefined): { arguments?: HeaderTable } {
  return table === undefined ? {} : { arguments: table };
}

function queueDeclaration({ name, options }: Queue, bindings: readonly Binding[]): QueueDeclaration {
  const args = options.queueArguments ?? {};
  const deadExchange = args['x-dead-letter-exchange'];
  const deadKey = args['x-dead-letter-routing-key'];
  return {
    name,
    durable: options.durable ?? true,
    ...(options.exclusive === true ? { exclusive: true } : {}),
    ...(options.autoDelete === true ? { autoDelete: true } : {}),
    expiresMs: secondsAsMs(options.expires) ?? numberOf(args['x-expires']),
    messageTtlMs: secondsAsMs(options.messageTtl) ?? numberOf(args['x-message-ttl']),
    maxLength: options.maxLength ?? numberOf(args['x-max-length']),
    ...(args['x-overflow'] === 'drop-head' ? { overflow: 'drop-oldest' as const } : {}),
    maxPriority: options.maxPriority ?? numberOf(args['x-max-priority']),
    ...(typeof deadExchange === 'string'
      ? { deadLetter: { exchange: deadExchange, routingKey: typeof deadKey === 'string' ? deadKey : null } }
      : {}),
    ...(bindings.length === 0 ? {} : { bindings }),
  };
}

function secondsAsMs(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : seconds * 1_000;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
