/**
 * Buffers of large bodies whose runs have ended, to be written again: memory that is there costs no page faults, which are a
 * quarter of the price of 4 MB there and back. Host; one for a `ThreadPool`. What it keeps is bounded, and goes with the pool.
 */

/** Sizes are powers of two from here on: smaller values lie in slabs. */
const MIN_BYTES = 16 * 1024;
/** What is kept together. */
const MAX_KEPT_BYTES = 16 * 2 ** 20;

export class SpareBuffers {
  /** By the logarithm of their size. */
  readonly #bySize: Buffer[][] = [];
  #keptBytes = 0;

  /** A buffer of at least so many bytes, which hold anything. */
  take(bytes: number): Buffer {
    if (bytes > MAX_KEPT_BYTES / 2) return Buffer.allocUnsafeSlow(bytes);
    const log = logOf(bytes);
    const spare = this.#bySize[log]?.pop();
    if (spare === undefined) return Buffer.allocUnsafeSlow(2 ** log);
    this.#keptBytes -= spare.length;
    return spare;
  }

  /** Nobody reads the buffer any more. One that did not come from here is left alone. */
  give(buffer: Buffer): void {
    const { length } = buffer;
    if (length < MIN_BYTES || (length & (length - 1)) !== 0 || this.#keptBytes + length > MAX_KEPT_BYTES) return;
    (this.#bySize[logOf(length)] ??= []).push(buffer);
    this.#keptBytes += length;
  }
}

function logOf(bytes: number): number {
  return 32 - Math.clz32(Math.max(bytes, MIN_BYTES) - 1);
}
