/**
 * Port to one kind of broker. docs/decisions/0003-transport-port.md maps each method to calls of SQLite, AMQP, Redis
 * and Kafka. Runs on the host thread; an adapter never blocks it. Every promise settles by its deadline or when the
 * connection is lost. Errors are `TransportError` and its classes, mapped once at the adapter's edge.
 *
 * A message is *ready* in its queue, *unsettled* at one consumer, or gone. A consumer's tags are valid for one *epoch*
 * (AMQP channel, lease of a process): when the epoch ends (`onLost`), its unsettled messages are ready again elsewhere
 * and settling an old tag answers `gone`, never an error.
 */
import type { HeaderBlock } from '../kernel/header-block.js';

export interface TransportCapabilities {
  /** What settling means to the store: one message, a position in a log, or one record of a log. */
  readonly settle: 'message' | 'offset' | 'record';
  /** `notBeforeEpochMs` and `delayMs` are kept by the store; else the worker holds the delivery. */
  readonly nativeDelay: boolean;
  /** Higher `priority` is delivered first among ready messages of a queue. */
  readonly priorities: boolean;
  /** The store counts deliveries itself (`Delivery.deliveryCount`); else the worker republishes with a count header. */
  readonly deliveryCount: boolean;
  /** Who keeps the prefetch window. */
  readonly prefetch: 'broker' | 'client';
  /** Confirmed messages survive the end of every process that uses the broker. */
  readonly durable: boolean;
  /** Other processes see the same queues. */
  readonly shared: boolean;
}

/** Message properties (protocol.md §1.1). */
export interface MessageProperties {
  readonly correlationId: string | null;
  readonly replyTo: string | null;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** 2 is persistent, 1 transient. */
  readonly deliveryMode: 1 | 2;
  /** 0–9 (0–255 on AMQP); null when not given. */
  readonly priority: number | null;
  /** Milliseconds after which the broker may drop the message, as AMQP's `expiration`; null for never. */
  readonly expirationMs: number | null;
}

export interface OutgoingMessage {
  /** `''` is the anonymous exchange: `routingKey` names the queue. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: HeaderBlock;
  readonly properties: MessageProperties;
  /** Not copied before the confirm: the caller must leave it untouched until then. */
  readonly body: Uint8Array;
  /** Not to be delivered before this instant; null for at once. Kept by the store where `nativeDelay`. */
  readonly notBeforeEpochMs: number | null;
}

export interface QueueDeclaration {
  readonly name: string;
  readonly durable: boolean;
}

declare const deliveryTagBrand: unique symbol;
/** Names a delivery at its consumer for one epoch. */
export type DeliveryTag = number & { readonly [deliveryTagBrand]: never };

export interface Delivery {
  readonly tag: DeliveryTag;
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: HeaderBlock;
  readonly properties: MessageProperties;
  /** Owned by the receiver, valid for as long as it is referenced. */
  readonly body: Uint8Array;
  readonly redelivered: boolean;
  /** Deliveries before this one that ended without a settle or with a counting requeue; 0 for the first. */
  readonly deliveryCount: number;
}

/** What becomes of one delivery; each tag is settled once. */
export type Settlement =
  | { readonly action: 'ack'; readonly tag: DeliveryTag }
  | {
      readonly action: 'requeue';
      readonly tag: DeliveryTag;
      /** Whether the try counts towards `deliveryCount`: false hands back what was never started. */
      readonly countsAsDelivery: boolean;
      /** Ready again after this many ms (`nativeDelay`), else at once. */
      readonly delayMs: number;
    }
  | {
      readonly action: 'dead-letter';
      readonly tag: DeliveryTag;
      /** Queue of the letter, by convention `<queue>.dead`; created when missing. */
      readonly queue: string;
      /** Headers of the letter (design §6); body and properties are the delivery's own, without expiration. */
      readonly headers: HeaderBlock;
    };

/** `gone`: the tag's epoch is over or the message was taken over; another consumer has or had it. */
export type SettleOutcome = 'settled' | 'gone';

export interface ConsumeOptions {
  readonly queues: readonly string[];
  /** Most unsettled deliveries of this consumer; 0 is unlimited. */
  readonly prefetchCount: number;
  /** Called with one or more deliveries, in order, highest priority first within a claim. Must not throw. */
  readonly onDeliveries: (batch: readonly Delivery[]) => void;
  /** The epoch ended against our will. The adapter goes on by itself where it can (`recovering`), else the consumer is dead. */
  readonly onLost: (error: Error, recovering: boolean) => void;
}

export interface Consumer {
  /** Changes the window; a smaller one takes effect as deliveries are settled. */
  setPrefetch(prefetchCount: number): void;
  /**
   * Settles a batch in one go; resolves when the store has confirmed it, one outcome for each settlement in order.
   * @throws TransportError when nothing is known of the batch: it may be given again (settling is idempotent).
   */
  settle(batch: readonly Settlement[]): Promise<readonly SettleOutcome[]>;
  /** Takes no further deliveries; unsettled ones stay valid. Resolves when no `onDeliveries` can follow. */
  cancel(): Promise<void>;
  /** Cancels and hands back what is unsettled, without counting it. */
  close(): Promise<void>;
}

/** One message looked at without taking it. */
export interface BrowsedMessage {
  readonly headers: HeaderBlock;
  readonly properties: MessageProperties;
  readonly body: Uint8Array;
  readonly deliveryCount: number;
}

export interface Transport {
  readonly capabilities: TransportCapabilities;
  /** The address for banner and errors: absolute, without password. */
  readonly address: string;
  /** @throws TransportError when the broker cannot be reached within `timeoutMs`. */
  connect(timeoutMs: number): Promise<void>;
  /** Creates queues that are missing; never changes one that exists. */
  declare(queues: readonly QueueDeclaration[]): Promise<void>;
  /**
   * Publishes a batch; resolves when every message is confirmed (durable and routed).
   * @throws TransportError when that is not known to be so: some may have been published. Publishing again with the
   * same ids is the remedy.
   */
  publish(batch: readonly OutgoingMessage[]): Promise<void>;
  /** Starts a consumer. No callback of `options` runs before the promise has resolved. */
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** Removes the ready and delayed messages of a queue, unsettled ones stay; answers their number. */
  purge(queue: string): Promise<number>;
  /** Ready and delayed messages of a queue. */
  count(queue: string): Promise<number>;
  /** Up to `limit` ready messages, oldest first, left where they are. */
  browse(queue: string, limit: number): Promise<readonly BrowsedMessage[]>;
  /** Names of the queues known to the broker. */
  queues(): Promise<readonly string[]>;
  /** Closes consumers and connection within `timeoutMs`; harmless when called twice. */
  close(timeoutMs: number): Promise<void>;
}
