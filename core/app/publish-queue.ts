/**
 * What a client or host publishes, in batches of a turn, each with one deadline and one confirm. Every publish ends:
 * confirmed, or failed with the reason. A publish with options of its own is a batch of its own.
 */
import type { Clock } from '../kernel/clock.js';
import { CreditGate } from '../kernel/credit-gate.js';
import { withDeadline } from '../kernel/deadline.js';
import { TimeoutError, TransportError } from '../kernel/errors.js';
import { failpoints } from '../kernel/failpoint.js';
import { TurnBatch } from '../kernel/turn-batch.js';
import { isPublishRefusal } from '../ports/publish-refusal.js';
import type { OutgoingMessage, Transport } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import type { PublishOptions } from '../task/publish-options.js';
import { Declarer } from './declarer.js';
import { defaultRetry, retryDelayMs } from './publish-retry.js';
import type { QueueTable } from './queue-table.js';

export interface PublishQueueOptions {
  readonly connections: { transport(): Promise<Transport> };
  readonly queues: QueueTable;
  readonly settings: Settings;
  readonly clock: Clock;
}

interface Publish {
  readonly message: OutgoingMessage;
  /** null is as the settings say. */
  readonly options: PublishOptions | null;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class PublishQueue {
  readonly #options: PublishQueueOptions;
  readonly #usual: PublishOptions;
  readonly #gate: CreditGate;
  readonly #declarer: Declarer;
  readonly #turn = new TurnBatch<Publish>((batch) => {
    this.#publishTurn(batch);
  });

  constructor(options: PublishQueueOptions) {
    this.#options = options;
    const { settings, clock } = options;
    const { taskMaxUnconfirmed, taskMaxUnconfirmedBytes, taskPublishTimeoutMs } = settings;
    this.#usual = { retry: defaultRetry(settings), timeoutMs: taskPublishTimeoutMs, declare: null };
    this.#declarer = new Declarer(options.queues);
    this.#gate = new CreditGate({
      maxCount: taskMaxUnconfirmed,
      maxBytes: taskMaxUnconfirmedBytes,
      timeoutMs: taskPublishTimeoutMs,
      clock,
    });
  }

  /** Resolves on the confirm. @throws TransportError, TimeoutError at the deadline, the adapter's refusal */
  publish(message: OutgoingMessage, options: PublishOptions | null): Promise<void> {
    const bytes = message.body.length;
    if (this.#gate.tryEnter(bytes)) return this.#enqueue(message, options);
    const entered = this.#gate.enter(bytes).then(() => this.#enqueue(message, options));
    // The wait for room and the publish share one deadline (A5).
    return withDeadline(this.#options.clock, entered, (options ?? this.#usual).timeoutMs, 'publishing');
  }

  #enqueue(message: OutgoingMessage, options: PublishOptions | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#turn.push({ message, options, resolve, reject });
    });
  }

  #publishTurn(batch: readonly Publish[]): void {
    const isUsual = batch.every(({ options }) => options === null);
    const usual = isUsual ? batch : batch.filter(({ options }) => options === null);
    if (usual.length > 0) void this.#publishBatch(usual);
    if (isUsual) return;
    for (const one of batch) if (one.options !== null) void this.#publishBatch([one]);
  }

  async #publishBatch(batch: readonly Publish[]): Promise<void> {
    const options = batch[0]?.options ?? this.#usual;
    const failure = await this.#attempt(
      batch.map(({ message }) => message),
      options,
    );
    if (failure !== null && batch.length > 1 && !isOfConnection(failure)) {
      // One message that cannot be carried must not fail those of other callers: each is tried alone.
      await Promise.all(batch.map((one) => this.#publishBatch([one])));
      return;
    }
    for (const { message, resolve, reject } of batch) {
      this.#gate.leave(message.body.length);
      if (failure === null) resolve();
      else reject(failure);
    }
  }

  async #attempt(messages: readonly OutgoingMessage[], options: PublishOptions): Promise<Error | null> {
    const { clock } = this.#options;
    try {
      await withDeadline(clock, this.#publishUntilConfirmed(messages, options), options.timeoutMs, 'publishing');
      return null;
    } catch (error) {
      return error instanceof Error ? error : new TransportError(String(error));
    }
  }

  /** Publishes again after an error of the connection: the same ids make the repeat harmless (A2, CALL-40). */
  async #publishUntilConfirmed(messages: readonly OutgoingMessage[], options: PublishOptions): Promise<void> {
    const { connections, clock } = this.#options;
    const { retry, timeoutMs, declare } = options;
    const endMs = clock.nowMonoMs() + timeoutMs;
    for (let retries = 0; ; retries++) {
      try {
        const transport = await connections.transport();
        await this.#declarer.declare(transport, messages, declare);
        await transport.publish(messages);
        failpoints?.reach('afterPublishBeforeConfirm');
        return;
      } catch (error) {
        if (!isOfConnection(error) || retry === null) throw error;
        if (retry.maxRetries !== null && retries >= retry.maxRetries) throw error;
        const delayMs = retryDelayMs(retry, retries);
        if (clock.nowMonoMs() + delayMs > endMs) throw error;
        await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      }
    }
  }
}

/** Whether it befell the batch as a whole, and may be over at the next try. */
function isOfConnection(error: unknown): boolean {
  return (error instanceof TransportError && !isPublishRefusal(error)) || error instanceof TimeoutError;
}
