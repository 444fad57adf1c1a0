/**
 * Payloads larger than an eighth of a ring travel in a buffer of their own, given away over the bulk port; the record in
 * the ring names the message. The buffer is not a shared one: V8 counts shared buffers for no isolate, so they bring no
 * garbage collection about and pile up. The host needs no copy of a task, since its job keeps the body. Posting comes
 * before publishing, so whoever sees the record finds the message; the id keeps both in step when records of two rings,
 * or recalled ones, are read in another order.
 *
 * A *parcel* is what user code gives away with a job or a result: a port in which one message lies (codec/parcel.ts).
 */
import { MessagePort, receiveMessageOnPort } from 'node:worker_threads';

type BulkMessage = readonly [id: number, buffer: ArrayBuffer, parcel: MessagePort | null, head: string];

export interface BulkExtras {
  /** Text that goes with the bytes, not among them: so they are all of their buffer. */
  readonly head?: string;
  readonly parcel?: MessagePort | null;
  /** The bytes are all of an ArrayBuffer that nobody else needs: given away without a copy. */
  readonly isOwned?: boolean;
}

const NO_EXTRAS: BulkExtras = {};

export class BulkSender {
  readonly #port: MessagePort;
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Gives a copy of the bytes away; answers its id for the record. */
  send(bytes: Uint8Array, { head = '', parcel = null, isOwned = false }: BulkExtras = NO_EXTRAS): number {
    const given = (isOwned ? wholeBuffer(bytes) : null) ?? copyOf(bytes);
    this.#lastId = (this.#lastId + 1) | 0;
    const message: BulkMessage = [this.#lastId, given, parcel, head];
    this.#port.postMessage(message, parcel === null ? [given] : [given, parcel]);
    return this.#lastId;
  }
}

export class BulkReceiver {
  /** What came with the payload that was taken last. */
  parcel: MessagePort | null = null;
  head = '';
  readonly #port: MessagePort;
  /** Arrived before their record was read, by id. */
  readonly #early = new Map<number, BulkMessage>();

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** The payload of that id, which is the caller's alone; null when the sender lied. */
  take(id: number): Buffer | null {
    this.parcel = null;
    const early = this.#early.get(id);
    if (early !== undefined) {
      this.#early.delete(id);
      return this.#open(early);
    }
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: unknown } | undefined;
      if (received === undefined) return null;
      // User code can post to the port, too: what is no payload is skipped.
      if (!isBulkMessage(received.message)) continue;
      if (received.message[0] === id) return this.#open(received.message);
      this.#early.set(received.message[0], received.message);
    }
  }

  /** Nobody wants what came with the last payload. */
  dropParcel(): void {
    this.parcel?.close();
    this.parcel = null;
  }

  #open([, buffer, parcel, head]: BulkMessage): Buffer {
    this.parcel = parcel;
    this.head = head;
    return Buffer.from(buffer);
  }
}

function isBulkMessage(message: unknown): message is BulkMessage {
  if (!Array.isArray(message) || !(message[1] instanceof ArrayBuffer) || typeof message[3] !== 'string') return false;
  return message[2] === null || message[2] instanceof MessagePort;
}

/** null when the bytes are not all of an ArrayBuffer. */
function wholeBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer | null {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : null;
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  // Not from the pool of small buffers: it takes all of its memory along. Nor zeroed first.
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy.buffer;
}
