/**
 * Port to one kind of broker. docs/decisions/0003-transport-port.md maps each method to calls of SQLite, AMQP, Redis
 * and Kafka. Runs on the host thread; an adapter never blocks it. Every promise settles by its deadline or when the
 * connection is lost. Errors are `TransportError` and its classes, mapped once at the adapter's edge.
 *
 * A message is *ready* in its queue, *unsettled* at one consumer, or gone. A consumer's tags are valid for one *epoch*
 * (AMQP channel, lease of a process): when the epoch ends (`onLost`), its unsettled messages are ready again elsewhere
 * and settling an old tag answers `gone`, never an error.
 */
import type { HeaderBlock, HeaderTable } from '../kernel/header-block.js';

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
  /**
   * A message whose `expirationMs` has passed is removed by the store. False: it is delivered, so that its task ends as
   * REVOKED and not in silence (MIS-08); only a queue with `messageTtlMs` removes it.
   */
  readonly dropsExpired: boolean;
  /** Single messages can be moved (`move`), and `browse` shows delayed and unacked ones. */
  readonly handles: boolean;
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
  /** Milliseconds after which the broker may drop the message (`dropsExpired`), as AMQP's `expiration`; null for never. */
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
  /**
   * Whether a publish that no queue takes fails (`UNROUTABLE`); false lets the message vanish, as broadcasts may.
   * @defaultValue true
   */
  readonly mandatory?: boolean;
}

/**
 * direct: equal routing keys; topic: words with `*` for one and `#` for any number; fanout: every bound queue; headers:
 * by the message's headers (ROUTE-10).
 */
export type ExchangeType = 'direct' | 'topic' | 'fanout' | 'headers';

export interface ExchangeDeclaration {
  /** Not `''`, which is the anonymous exchange and always there. */
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  /** Removed with its last binding. @defaultValue false */
  readonly autoDelete?: boolean;
}

/** What brings messages of an exchange into a queue; a message that several bindings match comes once. */
export interface Binding {
  readonly exchange: string;
  readonly routingKey: string;
  /** Headers exchange: header → value to equal (null: any), with `x-match` = `all` (the default) or `any`. */
  readonly arguments?: HeaderTable;
}

/** What a queue is beside its name; what is left out is false, null or nothing. */
export interface QueueDeclaration {
  readonly name: string;
  /** Survives a restart of the broker, where the broker can restart. */
  readonly durable: boolean;
  /** Only this process may consume it, and it is removed with its transport. */
  readonly exclusive?: boolean;
  /** Removed, with its messages, when it has had consumers and the last one is gone, by a crash too. */
  readonly autoDelete?: boolean;
  /** Removed when nobody has consumed or declared it for so long. */
  readonly expiresMs?: number | null;
  /** Messages are removed after so long in the queue, or at their own `expirationMs` when that is sooner. */
  readonly messageTtlMs?: number | null;
  /** Most ready and delayed messages; what happens beyond says `overflow`. */
  readonly maxLength?: number | null;
  /** `reject`: the publish fails with `QUEUE_FULL`. `drop-oldest`: room is made, for queues that are watched live. */
  readonly overflow?: 'reject' | 'drop-oldest';
  /** Higher priorities count as this one. */
  readonly maxPriority?: number | null;
  /**
   * Dead letters go to this exchange, when a queue takes them there, instead of the queue that the settlement names
   * (ROUTE-23). A routing key of null keeps the message's own.
   */
  readonly deadLetter?: { readonly exchange: string; readonly routingKey: string | null } | null;
  /** Added to those that the queue has already. Their exchanges must have been declared. */
  readonly bindings?: readonly Binding[];
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
  /**
   * Monotonic instant, ms, at which the broker last answered on the way that deliveries come: a claim with or without
   * messages, a settle, a renewal. Not a ping of another connection (B1, N2).
   */
  readonly lastSignMonoMs: number;
  /** While all is well `lastSignMonoMs` is never older than this, ms. */
  readonly signIntervalMs: number;
  /**
   * Takes from further queues, too, within the same window. One that it consumes already is left as it is.
   * @throws TransportError for a queue that is exclusive to another process.
   */
  addQueues(queues: readonly string[]): Promise<void>;
  /**
   * Takes nothing further from these queues; resolves when none of their deliveries can follow. What is unsettled stays
   * valid, and in the window.
   */
  removeQueues(queues: readonly string[]): Promise<void>;
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

declare const messageHandleBrand: unique symbol;
/** Names a message at its broker for as long as it stays in its queue. */
export type MessageHandle = string & { readonly [messageHandleBrand]: never };

/** `unacked`: a consumer holds it. */
export type MessageState = 'ready' | 'delayed' | 'unacked';

/** One message looked at without taking it. */
export interface BrowsedMessage {
  /** Null where the store has no `handles`. */
  readonly handle: MessageHandle | null;
  readonly state: MessageState;
  readonly headers: HeaderBlock;
  readonly properties: MessageProperties;
  readonly body: Uint8Array;
  readonly deliveryCount: number;
  /** When it came into the broker; null where that is not known. */
  readonly publishedEpochMs: number | null;
}

/** One message to take out of its queue. */
export interface MessageMove {
  readonly handle: MessageHandle;
  /** Where it goes, as a new message with the same body and properties and without expiration; null discards it. */
  readonly to: {
    readonly queue: string;
    /** Exchange and routing key that its next delivery shows. */
    readonly exchange: string;
    readonly routingKey: string;
    readonly headers: HeaderBlock;
  } | null;
}

/** `gone`: it is not in the queue any more, or a consumer holds it; nothing was done. */
export type MoveOutcome = 'moved' | 'gone';

export interface QueueStats {
  /** May be delivered now. */
  readonly ready: number;
  /** Held by consumers, of any process. */
  readonly unacked: number;
  /** Not due yet. */
  readonly delayed: number;
  readonly consumers: number;
  /** Since the oldest ready message came, ms; null when there is none or the store does not know. */
  readonly oldestAgeMs: number | null;
}

export interface Transport {
  readonly capabilities: TransportCapabilities;
  /** The address for banner and errors: absolute, without password. */
  readonly address: string;
  /** False before `connect`, after `close`, and after a loss that the adapter does not mend by itself. */
  readonly isConnected: boolean;
  /** Connects, again where the connection was lost. @throws TransportError when the broker cannot be reached within `timeoutMs`. */
  connect(timeoutMs: number): Promise<void>;
  /** Creates exchanges that are missing. @throws TransportError for one that exists with another type. */
  declareExchanges(exchanges: readonly ExchangeDeclaration[]): Promise<void>;
  /**
   * Creates queues that are missing and adds bindings; never changes another property of a queue that exists.
   * @throws TransportError for a binding to an unknown exchange or a queue that is exclusive to another process.
   */
  declare(queues: readonly QueueDeclaration[]): Promise<void>;
  /** Takes bindings of a queue back; those that it does not have are no error. */
  unbind(queue: string, bindings: readonly Binding[]): Promise<void>;
  /**
   * Publishes a batch; resolves when every message is confirmed (durable and routed).
   * @throws TransportError with a code of `PublishRefusal` when a message is refused for good: nothing of the batch was
   * published, where the store can take a batch as one.
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
  /** What is in a queue; all zero for one that does not exist. */
  stats(queue: string): Promise<QueueStats>;
  /** Up to `limit` messages in this state, oldest first, left where they are. @param state `ready` by default */
  browse(queue: string, limit: number, state?: MessageState): Promise<readonly BrowsedMessage[]>;
  /**
   * Takes single ready or delayed messages out of a queue, each in one step with its arrival elsewhere. One outcome for
   * each move, in order. @throws TransportError where the store has no `handles`.
   */
  move(queue: string, moves: readonly MessageMove[]): Promise<readonly MoveOutcome[]>;
  /** Names of the queues known to the broker. */
  queues(): Promise<readonly string[]>;
  /** Closes consumers and connection within `timeoutMs`; harmless when called twice. */
  close(timeoutMs: number): Promise<void>;
}
