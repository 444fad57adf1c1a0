/**
 * Payloads larger than an eighth of a ring travel in a buffer of their own, given away over the bulk port; the record in
 * the ring names the message. The buffer is not a shared one: V8 counts shared buffers for no isolate, so they bring no
 * garbage collection about and pile up. The host needs no copy of a task, since its job keeps the body. Posting comes before publishing, so whoever sees the record finds the message; the id
 * keeps both in step when records of two rings, or recalled ones, are read in another order.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

type BulkMessage = readonly [id: number, buffer: ArrayBuffer];

export class BulkSender {
  readonly #port: MessagePort;
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Gives a copy of the bytes away, preceded by a text; answers its id for the record. */
  send(bytes: Uint8Array, head = ''): number {
    const headBytes = Buffer.byteLength(head);
    // Not from the pool of small buffers: it takes all of its memory along.
    const copy = Buffer.allocUnsafeSlow(headBytes + bytes.length);
    copy.write(head, 0, 'utf8');
    copy.set(bytes, headBytes);
    const buffer = copy.buffer;
    this.#lastId = (this.#lastId + 1) | 0;
    const message: BulkMessage = [this.#lastId, buffer];
    this.#port.postMessage(message, [buffer]);
    return this.#lastId;
  }
}

export class BulkReceiver {
  readonly #port: MessagePort;
  /** Arrived before their record was read: id → buffer. */
  readonly #early = new Map<number, ArrayBuffer>();

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
  return Array.isArray(message) && message[1] instanceof ArrayBuffer;
}
