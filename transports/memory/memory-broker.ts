/**
 * The queues and exchanges behind `memory://NAME`, shared by every transport of that name in this process; gone with the
 * last of them. Runs on the host thread; timers come through the clock, so it can be simulated in virtual time.
 */
import type { Clock } from '../../core/kernel/clock.js';
import { TransportError } from '../../core/kernel/errors.js';
import type { HeaderBlock } from '../../core/kernel/header-block.js';
import type {
  Binding,
  ExchangeDeclaration,
  MessageMove,
  MoveOutcome,
  OutgoingMessage,
  QueueDeclaration,
} from '../../core/ports/transport.js';
import { ExchangeTable, unknownExchange } from '../virtual/exchange-table.js';
import { queueFull, unroutable } from '../virtual/publish-error.js';
import { MemoryQueue, type MemoryMessage } from './memory-queue.js';

/** A consumer as the broker sees it. */
export interface MemoryTaker {
  /** Takes what it has room for. */
  take(): void;
}

/** Name → broker: what makes two transports of one name meet. */
const brokers = new Map<string, MemoryBroker>();

export class MemoryBroker {
  readonly #name: string;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #exchanges = new ExchangeTable();
  readonly #takers: MemoryTaker[] = [];
  readonly #clock: Clock;
  /** Whether a publish must be looked at before anything of its batch is done. */
  #hasLimits = false;
  #users = 0;
  #lastId = 0;
  #isScheduled = false;

  private constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
  }

  /** Each `open` needs one `close`. */
  static open(name: string, clock: Clock): MemoryBroker {
    const broker = brokers.get(name) ?? new MemoryBroker(name, clock);
    brokers.set(name, broker);
    broker.#users++;
    return broker;
  }

  close(): void {
    if (--this.#users === 0) brokers.delete(this.#name);
  }

  declareExchanges(exchanges: readonly ExchangeDeclaration[]): void {
    for (const exchange of exchanges) this.#exchanges.declare(exchange);
  }

  declare(declaration: QueueDeclaration): void {
    const bindings = declaration.bindings ?? [];
    const missing = bindings.find(({ exchange }) => !this.#exchanges.has(exchange));
    if (missing !== undefined) throw new TransportError(unknownExchange(declaration.name, missing.exchange));
    const queue = this.#queues.get(declaration.name) ?? this.#create(declaration);
    for (const binding of bindings) this.#exchanges.bind(queue.name, binding);
    this.#touch(queue);
  }

  unbind(queue: string, bindings: readonly Binding[]): void {
    for (const binding of bindings) this.#exchanges.unbind(queue, binding);
  }

  find(name: string): MemoryQueue | null {
    return this.#queues.get(name) ?? null;
  }

  /** The queue, which comes into being when it is used first. */
  queue(name: string): MemoryQueue {
    return this.#queues.get(name) ?? this.#create({ name, durable: true });
  }

  names(): readonly string[] {
    return [...this.#queues.keys()].sort();
  }

  /** Publishes all or, by a TransportError, nothing. */
  publish(batch: readonly OutgoingMessage[]): void {
    if (this.#hasLimits || batch.some(({ exchange }) => exchange !== '')) this.#admit(batch);
    for (const message of batch) {
      // Copied: after the confirm the body is the publisher's again.
      const copy = { ...message, body: Uint8Array.from(message.body) };
      if (message.exchange === '') this.#enqueue(copy, message.routingKey);
      else for (const queue of this.#exchanges.route(message) ?? []) this.#enqueue(copy, queue);
    }
  }

  /** Makes a message ready, now or after `delayMs`. */
  giveBack(item: MemoryMessage, to: { readonly queue: string; readonly delayMs: number }): void {
    const queue = this.queue(to.queue);
    if (to.delayMs <= 0) {
      queue.add(item);
      this.wake();
      return;
    }
    queue.delay(item);
    const becomeReady = (): void => {
      if (!queue.undelay(item)) return;
      queue.add(item);
      this.wake();
    };
    // A waiting consumer keeps the process alive, a delayed message does not.
    this.#clock.after(to.delayMs, becomeReady, { keepsAlive: false });
  }

  /** Where dead letters of a queue go: to its exchange, or else to the queue that is named. */
  deadLetter(from: string, message: OutgoingMessage, letter: { queue: string; headers: HeaderBlock }): void {
    const dead = withoutExpiration(message, letter.headers);
    const target = this.find(from)?.declaration.deadLetter ?? null;
    const routed = { ...dead, exchange: target?.exchange ?? '', routingKey: target?.routingKey ?? message.routingKey };
    const queues = target === null ? [] : (this.#exchanges.route(routed) ?? []);
    for (const queue of queues) this.#enqueue(routed, queue);
    if (queues.length === 0) this.#enqueue({ ...dead, exchange: '', routingKey: letter.queue }, letter.queue);
  }

  move(from: string, { handle, to }: MessageMove): MoveOutcome {
    const item = this.find(from)?.remove(Number(handle)) ?? null;
    if (item === null) return 'gone';
    if (to === null) return 'moved';
    const { exchange, routingKey } = to;
    this.#enqueue({ ...withoutExpiration(item.message, to.headers), exchange, routingKey }, to.queue);
    return 'moved';
  }

  addTaker(taker: MemoryTaker): void {
    this.#takers.push(taker);
    this.wake();
  }

  removeTaker(taker: MemoryTaker): void {
    const at = this.#takers.indexOf(taker);
    if (at !== -1) this.#takers.splice(at, 1);
  }

  attach(name: string): void {
    const queue = this.queue(name);
    queue.consumerCount++;
    queue.hadConsumer = true;
  }

  detach(name: string): void {
    const queue = this.find(name);
    if (queue === null) return;
    queue.consumerCount--;
    this.#touch(queue);
    this.removeIfOrphan(queue);
  }

  removeIfOrphan(queue: MemoryQueue): void {
    if (queue.isOrphan) this.remove(queue);
  }

  remove(queue: MemoryQueue): void {
    if (this.#queues.get(queue.name) !== queue) return;
    this.#queues.delete(queue.name);
    this.#exchanges.removeQueue(queue.name);
    queue.purge();
  }

  /** Lets the consumers look, outside of the call that gave them something to find. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Not a timer: those take a millisecond at least, and each round of a full window waits for this one.
    setImmediate(this.#serve);
  }

  readonly #serve = (): void => {
    this.#isScheduled = false;
    for (const taker of [...this.#takers]) taker.take();
    // The next round begins with another consumer.
    const first = this.#takers.shift();
    if (first !== undefined) this.#takers.push(first);
  };

  #create(declaration: QueueDeclaration): MemoryQueue {
    const queue = new MemoryQueue(declaration);
    this.#queues.set(declaration.name, queue);
    this.#hasLimits ||= declaration.maxLength !== undefined && declaration.maxLength !== null;
    return queue;
  }

  /** @throws TransportError when a message cannot be taken. */
  #admit(batch: readonly OutgoingMessage[]): void {
    const coming = new Map<string, number>();
    for (const message of batch) {
      const queues = this.#exchanges.route(message);
      if (message.mandatory !== false && (queues === null || queues.length === 0)) {
        throw unroutable(message.exchange, message.routingKey, queues !== null);
      }
      for (const queue of queues ?? []) coming.set(queue, (coming.get(queue) ?? 0) + 1);
    }
    for (const [name, count] of coming) {
      const queue = this.find(name);
      const { maxLength = null, overflow } = queue?.declaration ?? {};
      if (queue === null || maxLength === null || overflow === 'drop-oldest') continue;
      if (queue.readyCount + queue.delayedCount + count > maxLength) throw queueFull(name, maxLength);
    }
  }

  #enqueue(message: OutgoingMessage, name: string): void {
    const nowEpochMs = this.#clock.nowEpochMs();
    const queue = this.queue(name);
    const { messageTtlMs = null, maxLength = null, overflow } = queue.declaration;
    const delayMs = (message.notBeforeEpochMs ?? 0) - nowEpochMs;
    const livesMs = messageTtlMs === null ? null : Math.min(messageTtlMs, message.properties.expirationMs ?? Infinity);
    const item: MemoryMessage = {
      id: ++this.#lastId,
      message,
      publishedEpochMs: nowEpochMs,
      expiresEpochMs: livesMs === null ? null : nowEpochMs + Math.max(0, delayMs) + livesMs,
      deliveries: 0,
    };
    this.giveBack(item, { queue: name, delayMs });
    if (maxLength === null || overflow !== 'drop-oldest') return;
    const excess = queue.readyCount - maxLength;
    for (const oldest of excess > 0 ? queue.browse('ready', excess) : []) queue.remove(oldest.id);
  }

  /** Begins the time of `expiresMs` again. */
  #touch(queue: MemoryQueue): void {
    const { expiresMs = null } = queue.declaration;
    if (expiresMs === null) return;
    const usedEpochMs = (queue.usedEpochMs = this.#clock.nowEpochMs());
    const expire = (): void => {
      if (queue.usedEpochMs === usedEpochMs && queue.consumerCount === 0) this.remove(queue);
    };
    this.#clock.after(expiresMs, expire, { keepsAlive: false });
  }
}

function withoutExpiration(message: OutgoingMessage, headers: HeaderBlock): OutgoingMessage {
  return { ...message, headers, properties: { ...message.properties, expirationMs: null }, notBeforeEpochMs: null };
}
