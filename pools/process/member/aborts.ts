/**
 * Requests to stop a run, as they come from the sentinel: at a turn of the event loop, or the moment a synchronous loop
 * asks for `signal.aborted`. One may come before its job: then it waits for it. Main thread of a child.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { AbortReason } from '../frame.js';
import type { AbortNotice } from './sentinel.js';

const SENTINEL_URL = new URL('./sentinel.js', import.meta.url);

/** The sentinel holds next to nothing. */
const SENTINEL_HEAP_MB = 16;

export class Aborts {
  #onAbort: (ticket: number, reason: AbortReason) => void = () => undefined;
  /** Of jobs that have not come yet: ticket → reason. */
  readonly #early = new Map<number, AbortReason>();
  readonly #port;
  #lastTicket = 0;

  /** Starts the sentinel. */
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (notice: AbortNotice) => {
      this.#take(notice);
    });
    port1.unref();
    // The host's own options, an inspector's above all, are not for it.
    new Worker(SENTINEL_URL, {
      workerData: { port: port2 },
      transferList: [port2],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: SENTINEL_HEAP_MB },
    }).unref();
  }

  /** Until then no job has come. */
  onAbort(onAbort: (ticket: number, reason: AbortReason) => void): void {
    this.#onAbort = onAbort;
  }

  /** Looks without a turn of the event loop. */
  look(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { readonly message: AbortNotice } | undefined;
      if (received === undefined) return;
      this.#take(received.message);
    }
  }

  /** A job has come; answers with what had come before it. */
  begin(ticket: number): AbortReason | null {
    this.#lastTicket = ticket;
    if (this.#early.size === 0) return null;
    const reason = this.#early.get(ticket) ?? null;
    // Tickets grow: what is older will not come.
    for (const known of this.#early.keys()) if (known <= ticket) this.#early.delete(known);
    return reason;
  }

  #take({ ticket, reason }: AbortNotice): void {
    if (ticket > this.#lastTicket) this.#early.set(ticket, reason as AbortReason);
    else this.#onAbort(ticket, reason as AbortReason);
  }
}
