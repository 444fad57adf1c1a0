/**
 * The node's ear: a queue of its own behind the request exchange, commands carried out one after the other, answers sent
 * to whoever asked (protocol.md §9). Stays open while a stop waits for tasks, so that they can still be revoked. A message
 * that is no request is logged and dropped: it never reaches the tasks' consumer. Host thread.
 */
import { isAddressed } from '../control/addressing.js';
import { nodeQueue, replyExchange, requestExchange } from '../control/control-queues.js';
import { encodeControlReply } from '../control/control-reply.js';
import { decodeControlRequest, type ControlRequest } from '../control/control-request.js';
import { isCeleriacError, TransportError } from '../kernel/errors.js';
import type { LamportClock } from '../kernel/lamport-clock.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Consumer, Delivery, Transport } from '../ports/transport.js';
import { messageLimitsOf } from '../protocol/message-limits.js';
import type { Settings } from '../settings/table.js';
import type { Outlet } from '../task/outlet.js';
import { controlCommands, type ControlledWorker } from './control-commands.js';

export interface ControlNodeOptions {
  readonly worker: ControlledWorker;
  readonly hostname: string;
  readonly transport: Transport;
  readonly outlet: Outlet;
  readonly settings: Settings;
  readonly logicalClock: LamportClock;
  readonly logger: LeveledLogger;
}

/** Commands that may wait here; more stay at the broker. */
const PREFETCH = 100;

export class ControlNode {
  readonly #options: ControlNodeOptions;
  #consumer: Consumer | null = null;
  /** Commands in the order in which they came: one sees what the one before has done. */
  #working: Promise<void> = Promise.resolve();

  private constructor(options: ControlNodeOptions) {
    this.#options = options;
  }

  /** Resolves when commands are heard. @throws TransportError when the broker is gone. */
  static async open(options: ControlNodeOptions): Promise<ControlNode> {
    const node = new ControlNode(options);
    await node.#open();
    return node;
  }

  /** Carries out what has come, and hears nothing more. */
  async close(): Promise<void> {
    await this.#consumer?.cancel();
    await this.#working;
    await this.#consumer?.close();
  }

  async #open(): Promise<void> {
    const { transport, settings, hostname, logger } = this.#options;
    await transport.declareExchanges([requestExchange(settings), replyExchange(settings)]);
    const queue = nodeQueue(hostname, settings);
    if (await this.#isTaken(queue.name)) {
      logger.warn(
        { hostname },
        `DuplicateNodenameWarning: another worker is named ${hostname}; give each its own name (-n), or commands reach one of them`,
      );
    }
    try {
      await transport.declare([queue]);
      const consumer: Consumer = await transport.consume({
        queues: [queue.name],
        prefetchCount: PREFETCH,
        onDeliveries: (batch) => {
          this.#receive(consumer, batch);
        },
        onLost: (error, recovering) => {
          if (!recovering) logger.error({ err: error }, `remote control was lost: ${error.message}`);
        },
      });
      this.#consumer = consumer;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      // Exclusive to the process of the other worker of this name: tasks can be run all the same.
      logger.error({ err: error }, `no remote control: ${error.message}`);
    }
  }

  async #isTaken(queue: string): Promise<boolean> {
    return (await this.#options.transport.stats(queue)).consumers > 0;
  }

  #receive(consumer: Consumer, batch: readonly Delivery[]): void {
    this.#working = this.#working.then(async () => {
      for (const delivery of batch) await this.#handle(delivery);
      // A settle that fails ends with the connection, and the queue with it.
      await consumer.settle(batch.map(({ tag }) => ({ action: 'ack', tag }))).catch(() => undefined);
    });
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { settings, hostname, logicalClock, logger } = this.#options;
    try {
      const decoding = { accept: settings.acceptContent, limits: messageLimitsOf(settings) };
      const { clock } = delivery.headers.table;
      if (typeof clock === 'number' && Number.isSafeInteger(clock)) logicalClock.adjust(clock);
      const request = decodeControlRequest(delivery, decoding);
      if (isAddressed(request, hostname)) await this.#carryOut(request);
    } catch (error) {
      // Whatever it is: no message may end the worker, or deafen it to the next one.
      logger.warn({ err: error }, `a command was dropped: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #carryOut(request: ControlRequest): Promise<void> {
    const { outlet, hostname, logicalClock } = this.#options;
    const value = await this.#answer(request);
    if (value === undefined || request.replyTo === null) return;
    const clock = logicalClock.forward();
    await outlet.publish(encodeControlReply({ nodename: hostname, value, clock }, request.replyTo));
  }

  async #answer({ method, arguments: args }: ControlRequest): Promise<unknown> {
    const { worker, logicalClock, logger } = this.#options;
    if (method === 'clock') return { clock: logicalClock.value };
    const command = controlCommands.get(method);
    if (command === undefined) return { error: `KeyError('${method}')` };
    try {
      logger.debug({ method }, `command ${method}`);
      return await command(worker, args);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // Wrong use is the caller's; anything else is a mistake of ours, and is looked for here.
      if (!isCeleriacError(error)) logger.error({ err: error, method }, `command ${method} failed: ${error.message}`);
      return { error: `${error.name}(${JSON.stringify(error.message)})` };
    }
  }
}
