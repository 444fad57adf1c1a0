/** The outlet of a client or host: straight to transport and backend, in batches of a turn, each with one deadline. */
import { Backoff } from '../kernel/backoff.js';
import type { Clock } from '../kernel/clock.js';
import { CreditGate } from '../kernel/credit-gate.js';
import { withDeadline } from '../kernel/deadline.js';
import { TerminatedError, TimeoutError, TransportError } from '../kernel/errors.js';
import type { Random } from '../kernel/random.js';
import { READY_STATES } from '../kernel/states.js';
import { TurnBatch } from '../kernel/turn-batch.js';
import type { StoredResult, Watch } from '../ports/backend.js';
import type { OutgoingMessage, Transport } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import type { Outlet } from '../task/outlet.js';
import type { Connections } from './connections.js';

export interface DirectOutletOptions {
  readonly connections: Pick<Connections, 'transport' | 'backend'>;
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
  /** Rejects one `awaitResult` each. */
  readonly #awaiting = new Set<(error: Error) => void>();
  readonly #turn = new TurnBatch<Publish>((batch) => void this.#publishBatch(batch));

  constructor(options: DirectOutletOptions) {
    this.#options = options;
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

  async fetchResult(taskId: string): Promise<StoredResult | null> {
    const backend = await this.#options.connections.backend();
    const [result = null] = await backend.fetch([taskId]);
    return result;
  }

  async awaitResult(taskId: string, timeoutMs: number | null): Promise<StoredResult> {
    const backend = await this.#options.connections.backend();
    const open: { watch: Watch | null; refuse: (error: Error) => void } = { watch: null, refuse: () => undefined };
    const ready = new Promise<StoredResult>((resolve, reject) => {
      open.refuse = reject;
      this.#awaiting.add(reject);
      open.watch = backend.watch(taskId, (result) => {
        if (READY_STATES.has(result.state)) resolve(result);
      });
    });
    try {
      if (timeoutMs === null) return await ready;
      return await withDeadline(this.#options.clock, ready, timeoutMs, `the result of task ${taskId}`);
    } finally {
      // Here and not in the callback: a store may call that before `watch` has returned.
      open.watch?.stop();
      this.#awaiting.delete(open.refuse);
    }
  }

  /** Ends every wait for a result: nothing would answer it any more (R3). */
  close(): void {
    for (const refuse of this.#awaiting) refuse(new TerminatedError('the app was closed while a result was awaited'));
  }

  async storeResult(result: StoredResult): Promise<void> {
    const backend = await this.#options.connections.backend();
    await backend.store([result]);
  }

  async forgetResults(taskIds: readonly string[]): Promise<void> {
    const backend = await this.#options.connections.backend();
    await backend.forget(taskIds);
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
