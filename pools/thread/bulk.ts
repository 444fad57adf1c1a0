/**
 * Payloads larger than an eighth of a ring travel in a SharedArrayBuffer of their own over the bulk port; the record in
 * the ring names the message. Posting comes before publishing, so whoever sees the record finds the message; the id
 * keeps both in step when records of two rings, or recalled ones, are read in another order.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

type BulkMessage = readonly [id: number, buffer: SharedArrayBuffer];

export class BulkSender {
  readonly #port: MessagePort;
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Hands over a buffer that nobody writes to any more; answers its id for the record. */
  send(buffer: SharedArrayBuffer): number {
    this.#lastId = (this.#lastId + 1) | 0;
    const message: BulkMessage = [this.#lastId, buffer];
    this.#port.postMessage(message);
    return this.#lastId;
  }
}

export class BulkReceiver {
  readonly #port: MessagePort;
  /** Arrived before their record was read: id → buffer. */
  readonly #early = new Map<number, SharedArrayBuffer>();

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** The payload of that id; null when the sender lied. */
  take(id: number): Buffer | null {
    const early = this.#early.get(id);
    if (early !== undefined) {
      this.#early.delete(id);
      return Buffer.from(early);
    }
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: unknown } | undefined;
      if (received === undefined) return null;
      // User code can post to the port, too: what is no payload is skipped.
      if (!isBulkMessage(received.message)) continue;
      const [arrivedId, buffer] = received.message;
      if (arrivedId === id) return Buffer.from(buffer);
      this.#early.set(arrivedId, buffer);
    }
  }
}

function isBulkMessage(message: unknown): message is BulkMessage {
  return Array.isArray(message) && message[1] instanceof SharedArrayBuffer;
}
