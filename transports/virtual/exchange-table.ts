/**
 * Exchanges and bindings of a broker that has none of its own (memory, SQLite; ROUTE-10, ROUTE-13): who is told what is
 * declared, and to which queues a message goes. Pure state of the host thread; where it is kept between processes is the
 * adapter's matter. Knows no queues beside their names.
 */
import { TransportError } from '../../core/kernel/errors.js';
import type { HeaderTable } from '../../core/kernel/header-block.js';
import type { Binding, ExchangeDeclaration, ExchangeType, OutgoingMessage } from '../../core/ports/transport.js';
import { compileHeaderMatch } from './header-match.js';
import { compileTopicPattern } from './topic-pattern.js';

interface Bound {
  readonly queue: string;
  readonly binding: Binding;
  readonly matches: (routingKey: string, headers: () => HeaderTable) => boolean;
}

interface Exchange {
  readonly declaration: ExchangeDeclaration;
  /** Key of `bindingKey` → binding; insertion order. */
  readonly bindings: Map<string, Bound>;
  /** Routing key → queues, where the headers do not matter. */
  readonly routes: Map<string, readonly string[]>;
}

/** Routing keys remembered of each exchange; the keys may come from strangers. */
const MAX_ROUTES = 1_000;

export class ExchangeTable {
  readonly #exchanges = new Map<string, Exchange>();

  /** Adds an exchange when it is missing. @throws TransportError when it exists with another type. */
  declare(declaration: ExchangeDeclaration): void {
    const { name, type } = declaration;
    if (name === '') throw new TransportError('the anonymous exchange is always there and cannot be declared');
    const known = this.#exchanges.get(name);
    if (known === undefined) this.#exchanges.set(name, { declaration, bindings: new Map(), routes: new Map() });
    else if (known.declaration.type !== type) throw new TransportError(otherType(name, known.declaration.type, type));
  }

  has(name: string): boolean {
    return this.#exchanges.has(name);
  }

  /** @throws TransportError for an unknown exchange. */
  bind(queue: string, binding: Binding): void {
    const exchange = this.#exchanges.get(binding.exchange);
    if (exchange === undefined) throw new TransportError(unknownExchange(queue, binding.exchange));
    exchange.bindings.set(bindingKey(queue, binding), { queue, binding, matches: compile(exchange, binding) });
    exchange.routes.clear();
  }

  unbind(queue: string, binding: Binding): void {
    const exchange = this.#exchanges.get(binding.exchange);
    if (exchange?.bindings.delete(bindingKey(queue, binding)) === true) this.#afterUnbind(exchange);
  }

  /** The queue is gone, and its bindings with it. */
  removeQueue(queue: string): void {
    for (const exchange of [...this.#exchanges.values()]) {
      const keys = [...exchange.bindings].filter(([, bound]) => bound.queue === queue).map(([key]) => key);
      for (const key of keys) exchange.bindings.delete(key);
      if (keys.length > 0) this.#afterUnbind(exchange);
    }
  }

  /** Queues to which a message goes, each once; null when there is no such exchange. */
  route(message: Pick<OutgoingMessage, 'exchange' | 'routingKey' | 'headers'>): readonly string[] | null {
    const { routingKey } = message;
    if (message.exchange === '') return [routingKey];
    const exchange = this.#exchanges.get(message.exchange);
    if (exchange === undefined) return null;
    const known = exchange.routes.get(routingKey);
    if (known !== undefined) return known;
    const headers = (): HeaderTable => message.headers.table;
    const matching = [...exchange.bindings.values()].filter((bound) => bound.matches(routingKey, headers));
    const queues = [...new Set(matching.map((bound) => bound.queue))];
    if (exchange.declaration.type !== 'headers') {
      if (exchange.routes.size >= MAX_ROUTES) exchange.routes.clear();
      exchange.routes.set(routingKey, queues);
    }
    return queues;
  }

  /** An exchange that removes itself ends with its last binding. */
  #afterUnbind(exchange: Exchange): void {
    exchange.routes.clear();
    const { name, autoDelete } = exchange.declaration;
    if (autoDelete === true && exchange.bindings.size === 0) this.#exchanges.delete(name);
  }
}

/** Two bindings with one key are the same: AMQP's rule, in which the arguments count, too. */
function bindingKey(queue: string, binding: Binding): string {
  const pairs = Object.entries(binding.arguments ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([queue, binding.routingKey, pairs], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

function otherType(name: string, known: ExchangeType, wanted: ExchangeType): string {
  return `exchange "${name}" exists as ${known} and cannot be declared as ${wanted}`;
}

export function unknownExchange(queue: string, exchange: string): string {
  return `queue "${queue}" cannot be bound to exchange "${exchange}": declare that first`;
}

function compile({ declaration }: Exchange, binding: Binding): Bound['matches'] {
  const { type } = declaration;
  if (type === 'fanout') return () => true;
  if (type === 'direct') return (routingKey) => routingKey === binding.routingKey;
  if (type === 'topic') return compileTopicPattern(binding.routingKey);
  const matches = compileHeaderMatch(binding.arguments ?? {});
  return (_, headers) => matches(headers());
}
