/**
 * Routing for the SQLite transport: the exchanges and bindings of the file as this process last read them. Runs on the host
 * thread. What it routed is published under the version that it knows; when another process has changed a binding since, the
 * I/O thread does nothing and says so, and the messages are routed again. Who publishes to the anonymous exchange never
 * comes here.
 */
import { TransportError } from '../../core/kernel/errors.js';
import type { OutgoingMessage, Settlement } from '../../core/ports/transport.js';
import type { DeadLetterRequest, IoRequest, RoutedMessages, Topology } from '../../clients/sqlite/io-protocol.js';
import { packMessages } from '../../clients/sqlite/packed-rows.js';
import type { SqliteClient } from '../../clients/sqlite/sqlite-client.js';
import { ExchangeTable } from '../virtual/exchange-table.js';
import { unroutable } from '../virtual/publish-error.js';
import { toTransportError } from './sqlite-error.js';

type DeadLetter = Extract<Settlement, { readonly action: 'dead-letter' }>;

/**
 * Most rounds of a publish whose bindings change while it is on its way, a millisecond or two each. Not 20: on a busy machine
 * another process that binds without pause won every one of them.
 */
const MAX_ROUNDS = 500;

export class ExchangeRouter {
  #version = -1;
  #table = new ExchangeTable();
  #deadLetters = new Map<string, Topology['deadLetters'][number][1]>();

  /** @throws TransportError, with a code of `PublishRefusal` when a message is refused. */
  async publish(client: SqliteClient, messages: readonly OutgoingMessage[], nowEpochMs: number): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const routed = await this.#route(client, messages, nowEpochMs);
      if (routed.length === 0) return;
      const buffers = routed.map((group) => group.messages.data.buffer as ArrayBuffer);
      const answer = await request(client, { kind: 'route', version: this.#version, routed }, buffers);
      if (answer === 0) return;
      await this.refresh(client);
    }
    throw new TransportError(`bindings in ${client.path} change too often to publish by them`);
  }

  /** Reads what has changed. */
  async refresh(client: SqliteClient): Promise<void> {
    const topology = (await request(client, { kind: 'topology', knownVersion: this.#version })) as Topology | null;
    // Of two answers under way the later version stands.
    if (topology === null || topology.version < this.#version) return;
    const table = new ExchangeTable();
    for (const exchange of topology.exchanges) table.declare(exchange);
    for (const { queue, binding } of topology.bindings) if (table.has(binding.exchange)) table.bind(queue, binding);
    this.#table = table;
    this.#deadLetters = new Map(topology.deadLetters);
    this.#version = topology.version;
  }

  /** Where dead letters go: to the exchange of their queue when that leads somewhere, else to the queue they name. */
  async address(client: SqliteClient, consumer: number, letters: readonly DeadLetter[]): Promise<DeadLetterRequest[]> {
    await this.refresh(client);
    const origins = await this.#origins(client, consumer, letters);
    return letters.map(({ tag, queue, headers }, i): DeadLetterRequest => {
      const [from = '', key = ''] = origins.slice(2 * i, 2 * i + 2);
      const target = this.#deadLetters.get(from) ?? null;
      const exchange = target?.exchange ?? '';
      const routingKey = target?.routingKey ?? key;
      const queues = target === null ? [] : (this.#table.route({ exchange, routingKey, headers }) ?? []);
      if (queues.length > 0) return { tag, queues, exchange, routingKey, headers: headers.json };
      return { tag, queues: [queue], exchange: '', routingKey: queue, headers: headers.json };
    });
  }

  /** `[queue, routing key]` of each, one after the other; nothing when no queue sends its letters elsewhere. */
  async #origins(client: SqliteClient, consumer: number, letters: readonly DeadLetter[]): Promise<readonly string[]> {
    if (this.#deadLetters.size === 0) return [];
    return (await request(client, {
      kind: 'origins',
      consumer,
      tags: letters.map(({ tag }) => tag),
    })) as readonly string[];
  }

  async #route(
    client: SqliteClient,
    messages: readonly OutgoingMessage[],
    nowEpochMs: number,
  ): Promise<readonly RoutedMessages[]> {
    if (this.#version < 0) await this.refresh(client);
    // Also for one that may vanish: somebody may have bound a queue since, and the I/O thread is asked about no queue.
    if (messages.some((message) => !this.#isTaken(message))) await this.refresh(client);
    const groups = new Map<string, { readonly queues: readonly string[]; readonly messages: OutgoingMessage[] }>();
    for (const message of messages) {
      if (message.mandatory !== false && !this.#isTaken(message)) {
        throw unroutable(message.exchange, message.routingKey, this.#table.has(message.exchange));
      }
      const queues = this.#table.route(message) ?? [];
      if (queues.length === 0) continue;
      const key = queues.length === 1 ? (queues[0] ?? '') : JSON.stringify(queues);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { queues, messages: [message] });
      else group.messages.push(message);
    }
    return [...groups.values()].map((group) => ({
      queues: group.queues,
      messages: packMessages(group.messages, nowEpochMs),
    }));
  }

  #isTaken(message: OutgoingMessage): boolean {
    return (this.#table.route(message)?.length ?? 0) > 0;
  }
}

function request(
  client: SqliteClient,
  asked: IoRequest,
  buffers: readonly ArrayBuffer[] = [],
): ReturnType<SqliteClient['request']> {
  return client.request(asked, toTransportError, buffers);
}
