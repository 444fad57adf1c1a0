/** Jobs `[n]` with the result `n`, as a worker's requests are: views of bytes that are there already, no promise. */
import type { PoolJob } from '../../core/ports/pool.js';

const ZERO = '0'.charCodeAt(0);

/** The bodies `[0]` … `[count − 1]` one behind the other, as a broker's messages lie in the buffer of a socket. */
export class ByteBodies {
  readonly count: number;
  readonly bytes: Buffer;
  readonly #ends: Int32Array;

  constructor(count: number) {
    this.count = count;
    const texts = Array.from({ length: count }, (_, n) => `[${String(n)}]`);
    this.bytes = Buffer.from(texts.join(''), 'latin1');
    let end = 0;
    this.#ends = Int32Array.from(texts, ({ length }) => (end += length));
  }

  startOf(n: number): number {
    return n === 0 ? 0 : (this.#ends[n - 1] as number);
  }

  endOf(n: number): number {
    return this.#ends[n] as number;
  }
}

export class ByteJob implements PoolJob {
  readonly head = '';
  readonly body: Uint8Array;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly timeLimitMs = null;
  readonly softTimeLimitMs = null;
  readonly wantsAccepted = false;
  readonly #onEnd: (value: number) => void;

  constructor(bodies: ByteBodies, n: number, onEnd: (value: number) => void) {
    this.body = bodies.bytes;
    this.bodyStart = bodies.startOf(n);
    this.bodyEnd = bodies.endOf(n);
    this.#onEnd = onEnd;
  }

  onAccepted(): void {
    throw new Error('nobody asked to hear of the start');
  }
  onOutcome(_kind: number, payload: Uint8Array): void {
    this.onOutcomeRange(_kind, payload, 0, payload.length);
  }
  onOutcomeRange(_kind: number, bytes: Uint8Array, start: number, end: number): void {
    let value = 0;
    for (let at = start; at < end; at++) value = value * 10 + (bytes[at] as number) - ZERO;
    this.#onEnd(value);
  }
  onLost(): void {
    this.#onEnd(Number.NaN);
  }
  onTimeLimit(): void {
    this.#onEnd(Number.NaN);
  }
  onTerminated(): void {
    this.#onEnd(Number.NaN);
  }
}
