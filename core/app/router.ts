/**
 * Where a message goes (§12): what the call says, then the task, then the routes, then the default queue. Runs where the
 * message is built: client, host or member. Without rules it answers at once and from a cache.
 */
import { ConfigError } from '../kernel/errors.js';
import type { Declarations } from '../task/publish-options.js';
import { Exchange, Queue, declarationsOf, type PlacedQueue } from './queue.js';
import type { QueueTable } from './queue-table.js';
import {
  firstAnswer,
  routeRules,
  type LoadRoutes,
  type Route,
  type RouteRule,
  type RoutedCall,
} from './route-rules.js';

/** The options of a call or task that decide about its way. */
export interface Destination {
  readonly queue?: string | Queue | null | undefined;
  readonly exchange?: string | Exchange | null | undefined;
  readonly exchangeType?: string | null | undefined;
  readonly routingKey?: string | null | undefined;
}

/** The way of one message. */
export interface Target {
  readonly exchange: string;
  readonly routingKey: string;
  /** Of the queue's exchange; null leaves it to the call and the settings. */
  readonly deliveryMode: 1 | 2 | null;
  /** Whether the publish fails when no queue takes the message. */
  readonly isMandatory: boolean;
  /** What the settings of the app do not know: queues that the call gave as objects. */
  readonly declare: Declarations | null;
}

export interface RouterOptions {
  readonly queues: QueueTable;
  readonly routes: unknown;
  readonly defaultDeliveryMode: 1 | 2;
  readonly load: LoadRoutes;
}

/** A router of the call's own (`router`, CALL-22), in place of the app's routes. */
export interface CallRouter {
  route(name: string, call: RoutedCall): Route | null | undefined | Promise<Route | null | undefined>;
}

export class Router implements CallRouter {
  readonly queues: QueueTable;
  readonly #rules: readonly RouteRule[];
  readonly #targets = new Map<string, Target>();
  readonly #options: RouterOptions;

  /** @throws ConfigError for routes that make no sense. */
  constructor(options: RouterOptions) {
    this.#options = options;
    this.queues = options.queues;
    this.#rules = routeRules(options.routes, options.load);
  }

  /** Whether a call has to be looked up at all. */
  get hasRules(): boolean {
    return this.#rules.length > 0;
  }

  /** The first answer of the routes; null for none. A promise only where a rule is asynchronous. */
  route(name: string, call: RoutedCall): Route | null | undefined | Promise<Route | null | undefined> {
    return firstAnswer(this.#rules, name, call);
  }

  /** The target of a queue's name alone: what nearly every message has. @throws ConfigError as `QueueTable.get` */
  targetOfQueue(name: string): Target {
    const cached = this.#targets.get(name);
    if (cached !== undefined) return cached;
    const target = this.#resolve({}, this.queues.get(name), null);
    this.#targets.set(name, target);
    return target;
  }

  /**
   * The target of options that may say more than a queue's name (CALL-11, CALL-12).
   * @throws ConfigError for a queue that is unknown, or an exchange without a routing key.
   */
  target(destination: Destination): Target {
    const { queue = null, exchange = null, routingKey = null } = destination;
    if (queue === null) {
      const target = this.#resolve(destination, this.queues.defaultQueue, null);
      // With an exchange and no key the default queue was not meant.
      if (exchange !== null && routingKey === null && target.exchange === '') {
        throw new ConfigError(`exchange "${nameOf(exchange)}" needs a routingKey (CALL-12)`);
      }
      return target;
    }
    if (typeof queue === 'string') return this.#resolve(destination, this.queues.get(queue), null);
    const placed = this.queues.place(queue);
    return this.#resolve(destination, placed, queue.isBroadcast ? null : declarationsOf(placed));
  }

  /** The queue's exchange, the call's above it; a direct one needs only the name of the queue. */
  #resolve(destination: Destination, placed: PlacedQueue, declare: Declarations | null): Target {
    const { exchange = null, routingKey = null, exchangeType = null } = destination;
    const { queue } = placed;
    const type = exchangeType ?? (exchange instanceof Exchange ? exchange.type : placed.exchange.type);
    const way = { deliveryMode: placed.exchange.deliveryMode, isMandatory: !queue.isBroadcast, declare };
    const known = withExchange(declare, exchange);
    if ((exchange === null || routingKey === null) && type === 'direct') {
      return { exchange: '', routingKey: queue.name, ...way };
    }
    return {
      exchange: exchange === null ? placed.exchange.name : nameOf(exchange),
      routingKey: routingKey ?? placed.routingKey,
      ...way,
      declare: known,
    };
  }

  get defaultDeliveryMode(): 1 | 2 {
    return this.#options.defaultDeliveryMode;
  }
}

function nameOf(exchange: string | Exchange): string {
  return typeof exchange === 'string' ? exchange : exchange.name;
}

/** An exchange that is given as an object is declared before it is published to. */
function withExchange(declare: Declarations | null, exchange: string | Exchange | null): Declarations | null {
  if (!(exchange instanceof Exchange) || exchange.name === '') return declare;
  const { name, type, durable, autoDelete } = exchange;
  const { exchanges = [], queues = [] } = declare ?? {};
  return { exchanges: [...exchanges, { name, type, durable, autoDelete }], queues };
}

/** A route as options: the name of a queue, a queue, or options in either spelling. */
export function routeOptions(route: Route): Readonly<Record<string, unknown>> {
  if (typeof route === 'string' || route instanceof Queue) return { queue: route };
  return Object.fromEntries(
    Object.entries(route).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
