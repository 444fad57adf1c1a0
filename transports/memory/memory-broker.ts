/**
 * The queues behind `memory://NAME`, shared by every transport of that name in this process; gone with the last of
 * them. Runs on the host thread; timers come through the clock, so it can be simulated in virtual time.
 */
import type { Clock } from '../../core/kernel/clock.js';
import type { OutgoingMessage } from '../../core/ports/transport.js';
import { MemoryQueue, type MemoryMessage } from './memory-queue.js';

/** A consumer as the broker sees it. */
export interface MemoryTaker {
  readonly queues: readonly string[];
  /** Takes what it has room for. */
  take(): void;
}

/** Name → broker: what makes two transports of one name meet. */
const brokers = new Map<string, MemoryBroker>();

export class MemoryBroker {
  readonly #name: string;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #takers: MemoryTaker[] = [];
  readonly #clock: Clock;
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

  queue(name: string): MemoryQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new MemoryQueue(name);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  names(): readonly string[] {
    return [...this.#queues.keys()].sort();
  }

  publish(message: OutgoingMessage): void {
    const nowEpochMs = this.#clock.nowEpochMs();
    const { expirationMs } = message.properties;
    const expiresEpochMs = expirationMs === null ? null : nowEpochMs + expirationMs;
    // Copied: after the confirm the body is the publisher's again.
    const copy = { ...message, body: Uint8Array.from(message.body) };
    const item: MemoryMessage = { id: ++this.#lastId, message: copy, expiresEpochMs, deliveries: 0 };
    this.giveBack(item, { queue: message.routingKey, delayMs: (message.notBeforeEpochMs ?? 0) - nowEpochMs });
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

  addTaker(taker: MemoryTaker): void {
    this.#takers.push(taker);
    this.wake();
  }

  removeTaker(taker: MemoryTaker): void {
    const at = this.#takers.indexOf(taker);
    if (at !== -1) this.#takers.splice(at, 1);
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
}
