/** Bodies of a size, each of which carries its number, so that an answer can be told from another's. */
import { deepStrictEqual } from 'node:assert/strict';
import { InvariantError } from '../../core/kernel/errors.js';

export type Body = Uint8Array | Order;

interface OrderLine {
  readonly id: number;
  readonly sku: string;
  readonly price: number;
  readonly tags: readonly string[];
  readonly isGift: boolean;
}
interface Order {
  readonly n: number;
  readonly lines: readonly OrderLine[];
  readonly last: number;
}

/** JSON text of one line, bytes. */
const LINE_BYTES = 88;

/** First and last word are the number, between them a pattern. */
export function bytesBody(n: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes).fill(n * 31 + 7, 4, sizeBytes - 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, n);
  view.setUint32(sizeBytes - 4, n);
  return bytes;
}

/** An order of many lines whose JSON text has about that size. */
export function objectBody(n: number, sizeBytes: number): Order {
  const count = Math.max(1, Math.round(sizeBytes / LINE_BYTES));
  const lines = Array.from({ length: count }, (_, id) => ({
    id,
    sku: `article-${id % 97}`,
    price: id * 1.25,
    tags: ['new', 'sale'],
    isGift: id % 3 === 0,
  }));
  return { n, lines, last: n };
}

/** The number of an echo. @throws InvariantError when it is not whole. */
export function numberOf(echo: unknown, sizeBytes: number): number {
  if (echo instanceof Uint8Array) {
    const view = new DataView(echo.buffer, echo.byteOffset, echo.byteLength);
    const n = view.getUint32(0);
    if (echo.length === sizeBytes && view.getUint32(sizeBytes - 4) === n) return n;
    throw new InvariantError(`an echo of ${echo.length} bytes instead of ${sizeBytes}`);
  }
  const { n, last, lines } = echo as Order;
  if (n === last && lines.length === Math.max(1, Math.round(sizeBytes / LINE_BYTES))) return n;
  throw new InvariantError(`an echo of ${lines.length} lines`);
}

/** Looks at every byte and field. @throws AssertionError */
export function checkEcho(body: Body, echo: unknown): void {
  // Which class of bytes comes back is the pool's affair.
  if (body instanceof Uint8Array) deepStrictEqual(Buffer.from(echo as Uint8Array), Buffer.from(body));
  else deepStrictEqual(echo, body);
}
