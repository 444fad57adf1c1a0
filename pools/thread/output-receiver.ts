/**
 * What a member prints, on the host. A message arrives by itself, also while the run that printed it goes on; but text that
 * was printed before an outcome or a call is delivered before it, while the job is still known: the member counts what it
 * has posted before it publishes the record, and who has seen the record catches up first.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { StatusBlock } from '../ring/status-block.js';
import type { OutputMessage } from './messages.js';

export class OutputReceiver {
  readonly #port: MessagePort;
  readonly #status: StatusBlock;
  readonly #deliver: (message: OutputMessage) => void;
  #seenCount = 0;

  constructor(port: MessagePort, status: StatusBlock, deliver: (message: OutputMessage) => void) {
    this.#port = port;
    this.#status = status;
    this.#deliver = deliver;
    port.on('message', this.#take);
    // Output alone keeps no process alive.
    port.unref();
  }

  /** Delivers what was printed before the records that can be seen now. */
  catchUp(): void {
    const count = this.#status.outputCount;
    if (count === this.#seenCount) return;
    this.#seenCount = count;
    this.readAll();
  }

  /** Delivers whatever has come: the thread has ended. */
  readAll(): void {
    let received = receiveMessageOnPort(this.#port) as { readonly message: unknown } | undefined;
    for (; received !== undefined; received = receiveMessageOnPort(this.#port)) this.#take(received.message);
  }

  // User code can get at the port: what is no output is skipped.
  readonly #take = (message: unknown): void => {
    if (isOutput(message)) this.#deliver(message);
  };
}

function isOutput(message: unknown): message is OutputMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { stream, text, ticket } = message as Partial<OutputMessage>;
  return (stream === 'stdout' || stream === 'stderr') && typeof text === 'string' && typeof ticket === 'number';
}
