/**
 * Where replies to this client's requests arrive: one queue, consumed only while somebody waits, so that a script that
 * asks and prints ends by itself. A reply goes to the request of its ticket; others are nobody's any more. Client.
 */
import { ProtocolError } from '../kernel/errors.js';
import type { Consumer, Delivery, Transport } from '../ports/transport.js';
import type { DecodeOptions } from '../protocol/body.js';
import { decodeControlReply, type ControlReply } from './control-reply.js';
import { replyExchange, replyQueue, type ControlQueueSettings } from './control-queues.js';

export interface ReplyInboxOptions {
  readonly transport: () => Promise<Transport>;
  /** Unique to this client. */
  readonly oid: string;
  readonly settings: ControlQueueSettings;
  readonly decoding: DecodeOptions;
}

/** Replies that may wait for their settle. */
const PREFETCH = 1_000;

export class ReplyInbox {
  readonly #options: ReplyInboxOptions;
  /** By ticket. */
  readonly #waiting = new Map<string, (reply: ControlReply) => void>();
  #consumer: Promise<Consumer> | null = null;
  /** The queue goes with its last consumer: the next one is opened after that. */
  #closing: Promise<void> = Promise.resolve();

  constructor(options: ReplyInboxOptions) {
    this.#options = options;
  }

  /**
   * Resolves when replies of this ticket will arrive: the request may be sent then. `stop` must follow.
   * @throws TransportError when the broker cannot be reached.
   */
  async listen(ticket: string, onReply: (reply: ControlReply) => void): Promise<void> {
    this.#waiting.set(ticket, onReply);
    this.#consumer ??= this.#closing.then(() => this.#open());
    try {
      await this.#consumer;
    } catch (error) {
      this.#waiting.delete(ticket);
      this.#consumer = null;
      throw error;
    }
  }

  /** Ends the wait for a ticket. */
  stop(ticket: string): Promise<void> {
    this.#waiting.delete(ticket);
    const consumer = this.#consumer;
    if (this.#waiting.size > 0 || consumer === null) return Promise.resolve();
    this.#consumer = null;
    // A connection that is gone has taken the queue with it.
    this.#closing = consumer.then((opened) => opened.close()).catch(() => undefined);
    return this.#closing;
  }

  async #open(): Promise<Consumer> {
    const { oid, settings } = this.#options;
    const transport = await this.#options.transport();
    const queue = replyQueue(oid, settings);
    await transport.declareExchanges([replyExchange(settings)]);
    await transport.declare([queue]);
    const consumer: Consumer = await transport.consume({
      queues: [queue.name],
      prefetchCount: PREFETCH,
      onDeliveries: (batch) => {
        for (const delivery of batch) this.#take(delivery);
        // Whoever asked has his answer; a settle that fails ends with the queue.
        consumer.settle(batch.map(({ tag }) => ({ action: 'ack', tag }))).catch(() => undefined);
      },
      // Those who wait hear nothing more and come to their deadline.
      onLost: () => undefined,
    });
    return consumer;
  }

  #take(delivery: Delivery): void {
    try {
      const reply = decodeControlReply(delivery, this.#options.decoding);
      this.#waiting.get(reply.ticket)?.(reply);
    } catch (error) {
      // Not from a node: there is nobody to tell, and the request has its deadline.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}
