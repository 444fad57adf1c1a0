/**
 * A named event to which any number of receivers may be connected (SIG-01). One object a signal and thread; whoever sends
 * asks `hasListeners` first, which is all that a signal without receivers costs. What a receiver throws is handed to
 * `onError` and collected, and never reaches the sender.
 */
import type { Clock } from './clock.js';

/** What a receiver gets: the arguments of the signal, and who sent it. */
export type SignalEvent<Sender, Args> = Args & { readonly sender: Sender };
export type Receiver<Sender, Args> = (event: SignalEvent<Sender, Args>) => unknown;

/** A receiver and what it returned, or the error that it threw. */
export type Reception<Sender, Args> = readonly [receiver: Receiver<Sender, Args>, resultOrError: unknown];

export interface ConnectOptions<Sender> {
  /** Only what this sender sends. @defaultValue every sender */
  readonly sender?: Sender | string;
  /** Connecting twice with one uid and sender connects once. @defaultValue the receiver itself */
  readonly dispatchUid?: string;
  /** Hold the receiver weakly: it is dropped when nothing else refers to it. @defaultValue false */
  readonly weak?: boolean;
  /** Call a receiver that fails again and again until it succeeds, after 2, 4, … 30 s. @defaultValue false */
  readonly retry?: boolean;
}

export interface SignalOptions<Sender> {
  readonly name: string;
  /** Under what a sender is known: two senders with one key are the same. @defaultValue the sender itself */
  readonly keyOf?: (sender: Sender | string) => unknown;
  readonly clock: Clock;
  /** Hears of every error of a receiver. */
  readonly onError: (signal: string, error: unknown) => void;
}

interface Connection<Sender, Args> {
  readonly uid: unknown;
  /** undefined stands for every sender. */
  readonly senderKey: unknown;
  readonly retry: boolean;
  /** undefined when the receiver was held weakly and is gone. */
  receiver(): Receiver<Sender, Args> | undefined;
}

const RETRY_STEP_MS = 2_000;
const MAX_RETRY_MS = 30_000;

export class Signal<Sender, Args extends object> {
  readonly #options: SignalOptions<Sender>;
  /** Replaced, never changed: a receiver may connect or disconnect others while it is called. */
  #connections: readonly Connection<Sender, Args>[] = [];

  constructor(options: SignalOptions<Sender>) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Whether any receiver is connected, whatever its sender. */
  get hasListeners(): boolean {
    return this.#connections.length > 0;
  }

  /** Connects a receiver; the function that is returned disconnects it. */
  connect(receiver: Receiver<Sender, Args>, options: ConnectOptions<Sender> = {}): () => void {
    const { dispatchUid, retry = false, weak = false } = options;
    const uid = dispatchUid ?? receiver;
    const senderKey = this.#keyOf(options.sender);
    if (!this.#connections.some((known) => known.uid === uid && known.senderKey === senderKey)) {
      const reference = weak ? new WeakRef(receiver) : null;
      const held = weak ? undefined : receiver;
      const connection = { uid, senderKey, retry, receiver: () => held ?? reference?.deref() };
      this.#connections = [...this.#connections, connection];
    }
    return () => {
      this.#remove(uid, senderKey);
    };
  }

  /** Disconnects what `connect` with the same receiver (or uid) and sender connected; false when there was nothing. */
  disconnect(
    receiver: Receiver<Sender, Args> | null,
    options: Pick<ConnectOptions<Sender>, 'sender' | 'dispatchUid'> = {},
  ): boolean {
    return this.#remove(options.dispatchUid ?? receiver, this.#keyOf(options.sender));
  }

  /** Calls the receivers and waits for none: what an asynchronous one rejects with goes to `onError`. */
  send(sender: Sender, args: Args): readonly Reception<Sender, Args>[] {
    const event = { ...args, sender };
    return this.#receivers(sender).map(([receiver, retry]): Reception<Sender, Args> => {
      try {
        const result = receiver(event);
        if (isThenable(result)) void this.#settled(result, () => this.#again(receiver, event, retry));
        return [receiver, result];
      } catch (error) {
        this.#options.onError(this.name, error);
        void this.#again(receiver, event, retry);
        return [receiver, error];
      }
    });
  }

  /** As `send`, but one receiver after the other, each awaited. */
  async sendAsync(sender: Sender, args: Args): Promise<readonly Reception<Sender, Args>[]> {
    const event = { ...args, sender };
    const receptions: Reception<Sender, Args>[] = [];
    for (const [receiver, retry] of this.#receivers(sender)) {
      try {
        receptions.push([receiver, await receiver(event)]);
      } catch (error) {
        this.#options.onError(this.name, error);
        receptions.push([receiver, retry ? await this.#again(receiver, event, retry) : error]);
      }
    }
    return receptions;
  }

  #keyOf(sender: Sender | string | undefined): unknown {
    if (sender === undefined) return undefined;
    return this.#options.keyOf === undefined ? sender : this.#options.keyOf(sender);
  }

  #remove(uid: unknown, senderKey: unknown): boolean {
    const left = this.#connections.filter((known) => known.uid !== uid || known.senderKey !== senderKey);
    const isRemoved = left.length < this.#connections.length;
    this.#connections = left;
    return isRemoved;
  }

  #receivers(sender: Sender): readonly (readonly [receiver: Receiver<Sender, Args>, retry: boolean])[] {
    const key = this.#keyOf(sender);
    const live: (readonly [Receiver<Sender, Args>, boolean])[] = [];
    let dead: Connection<Sender, Args> | null = null;
    for (const connection of this.#connections) {
      const receiver = connection.receiver();
      if (receiver === undefined) dead = connection;
      else if (connection.senderKey === undefined || connection.senderKey === key)
        live.push([receiver, connection.retry]);
    }
    if (dead !== null) this.#connections = this.#connections.filter((known) => known.receiver() !== undefined);
    return live;
  }

  async #settled(result: PromiseLike<unknown>, otherwise: () => Promise<unknown>): Promise<void> {
    try {
      await result;
    } catch (error) {
      this.#options.onError(this.name, error);
      await otherwise();
    }
  }

  /** Calls a failed receiver until it succeeds; resolves with its result. Without `retry` it does nothing. */
  async #again(receiver: Receiver<Sender, Args>, event: SignalEvent<Sender, Args>, retry: boolean): Promise<unknown> {
    for (let attempt = 1; retry; attempt++) {
      await new Promise<void>((resume) => {
        const delayMs = Math.min(MAX_RETRY_MS, RETRY_STEP_MS * attempt);
        this.#options.clock.after(delayMs, resume, { keepsAlive: false });
      });
      try {
        return await receiver(event);
      } catch (error) {
        this.#options.onError(this.name, error);
      }
    }
    return undefined;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
