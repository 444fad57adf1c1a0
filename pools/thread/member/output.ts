/**
 * Sends what the member's code prints to the host as messages, each with the run that printed it. Node's own way
 * (`stdout: true` and a listener) keeps the process alive as long as the thread lives, loses what was printed just before
 * `process.exit()`, and knows no runs. Not in a ring: text may be printed without end and between two records.
 */
import { StringDecoder } from 'node:string_decoder';
import type { MessagePort } from 'node:worker_threads';
import type { StatusBlock } from '../../ring/status-block.js';
import type { OutputMessage } from '../messages.js';

type Done = (error?: Error | null) => void;

export interface OutputRoute {
  readonly port: MessagePort;
  readonly status: StatusBlock;
  /** Ticket of the run whose code is executing; NO_TICKET where that is not known. */
  readonly ticket: () => number;
}

/** Called once, before any user code runs. */
export function forwardOutput({ port, status, ticket }: OutputRoute): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const decoder = new StringDecoder('utf8');
    const write = (chunk: Uint8Array | string, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean => {
      const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
      const message: OutputMessage = { stream: name, text, ticket: ticket() };
      port.postMessage(message);
      // After the message and before the outcome of the run: whoever sees that one finds the message (output-receiver.ts).
      status.outputCount++;
      const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
      if (callback !== undefined) process.nextTick(callback);
      return true;
    };
    process[name].write = write;
  }
}
