/** The outlet of a client or host: straight to transport and backend, in batches of a turn, each with one deadline. */
import { Backoff } from '../kernel/backoff.js';
import type { Clock } from '../kernel/clock.js';
import { CreditGate } from '../kernel/credit-gate.js';
import { withDeadline } from '../kernel/deadline.js';
import { TimeoutError, TransportError } from '../kernel/errors.js';
import { failpoints } from '../kernel/failpoint.js';
import type { Random } from '../kernel/random.js';
import { TurnBatch } from '../kernel/turn-batch.js';
import type { StoredResult } from '../ports/backend.js';
import type { OutgoingMessage, Transport } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import type { AwaitOptions, Outlet } from '../task/outlet.js';
import type { Connections } from './connections.js';
import { ResultClient } from './result-client.js';

export interface DirectOutletOptions {
  readonly connections: Pick<Connections, 'transport' | 'backend' | 'openedBackend'>;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
}

interface Publish {
  readonly message: OutgoingMessage;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class DirectOutlet implements Outlet {
  readonly #options: DirectOutletOptions;
  readonly #gate: CreditGate;
  /** Queues declared at each transport: a new connection may meet a broker that has forgotten them. */
  readonly #declared = new WeakMap<Transport, Set<string>>();
  readonly #results: ResultClient;
  readonly #turn = new TurnBatch<Publish>((batch) => void this.#publishBatch(batch));

  constructor(options: DirectOutletOptions) {
    this.#options = options;
    this.#results = new ResultClient(options);
    const { taskMaxUnconfirmed, taskMaxUnconfirmedBytes, taskPublishTimeoutMs } = options.settings;
    this.#gate = new CreditGate({
      maxCount: taskMaxUnconfirmed,
      maxBytes: taskMaxUnconfirmedBytes,
      timeoutMs: taskPublishTimeoutMs,
      clock: options.clock,
    });
  }

  publish(message: OutgoingMessage): Promise<void> {
    const bytes = message.body.length;
    if (this.#gate.tryEnter(bytes)) return this.#enqueue(message);
    const { clock, settings } = this.#options;
    const entered = this.#gate.enter(bytes).then(() => this.#enqueue(message));
    // The wait for room and the publish share one deadline (A5).
    return withDeadline(clock, entered, settings.taskPublishTimeoutMs, 'publishing');
  }

  fetchResults(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    return this.#results.fetchResults(taskIds);
  }

  awaitResult(taskId: string, options: AwaitOptions): Promise<StoredResult> {
    return this.#results.awaitResult(taskId, options);
  }

  storeResult(result: StoredResult): Promise<void> {
    return this.#results.storeResult(result);
  }

  forgetResults(taskIds: readonly string[]): Promise<void> {
    return this.#results.forgetResults(taskIds);
  }

  saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    return this.#results.saveGroup(groupId, document);
  }

  fetchGroup(groupId: string): Promise<Uint8Array | null> {
    return this.#results.fetchGroup(groupId);
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.#results.deleteGroup(groupId);
  }

  /** Ends every wait for a result. */
  close(): void {
    this.#results.close();
  }

  #enqueue(message: OutgoingMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#turn.push({ message, resolve, reject });
    });
  }

  async #publishBatch(batch: readonly Publish[]): Promise<void> {
    const failure = await this.#attempt(batch.map(({ message }) => message));
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

  async #attempt(messages: readonly OutgoingMessage[]): Promise<Error | null> {
    const { settings, clock } = this.#options;
    try {
      await withDeadline(clock, this.#publishUntilConfirmed(messages), settings.taskPublishTimeoutMs, 'publishing');
      return null;
    } catch (error) {
      return error instanceof Error ? error : new TransportError(String(error));
    }
  }

  /** Publishes again after an error of the connection: the same ids make the repeat harmless (A2, CALL-40). */
  async #publishUntilConfirmed(messages: readonly OutgoingMessage[]): Promise<void> {
    const { connections, random, clock, settings } = this.#options;
    const backoff = new Backoff({ initialMs: 100, maxMs: 1_000 }, random);
    const endMs = clock.nowMonoMs() + settings.taskPublishTimeoutMs;
    for (;;) {
      try {
        const transport = await connections.transport();
        await this.#declare(transport, messages);
        await transport.publish(messages);
        failpoints?.reach('afterPublishBeforeConfirm');
        return;
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        const delayMs = backoff.nextMs();
        // CALL-40: three retries; a client that cannot reach its broker hears of it in about a second.
        if (backoff.attempt > 3 || clock.nowMonoMs() + delayMs > endMs) throw error;
        await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      }
    }
  }

  async #declare(transport: Transport, messages: readonly OutgoingMessage[]): Promise<void> {
    const declared = this.#declared.get(transport) ?? new Set<string>();
    this.#declared.set(transport, declared);
    const missing = new Set<string>();
    for (const { exchange, routingKey } of messages) {
      if (exchange === '' && !declared.has(routingKey)) missing.add(routingKey);
    }
    if (missing.size === 0) return;
    await transport.declare([...missing].map((name) => ({ name, durable: true })));
    for (const name of missing) declared.add(name);
  }
}

/** Whether it befell the batch as a whole. */
function isOfConnection(error: Error): boolean {
  return error instanceof TransportError || error instanceof TimeoutError;
}
