/**
 * `transfer(value, list)`: what a function of a `ThreadPool` returns when its result is to be given away, not copied. Inside
 * a member; known by a registered symbol, so that the function's module may bring another copy of this package.
 */
import type { Transferable } from 'node:worker_threads';

const BRAND = Symbol.for('celeriac.transferred');

/** A result with what of it is given away. */
export class Transferred<T = unknown> {
  readonly value: T;
  readonly transferList: readonly Transferable[];
  readonly [BRAND] = true;

  constructor(value: T, transferList: readonly Transferable[]) {
    this.value = value;
    this.transferList = transferList;
  }
}

/**
 * Gives a result to the caller without a copy: `return transfer(image, [image.buffer])`. What is listed is detached in the
 * member when the function returns.
 */
export function transfer<T>(value: T, transferList: readonly Transferable[]): Transferred<T> {
  return new Transferred(value, transferList);
}

export function isTransferred(value: object): value is Transferred {
  return BRAND in value;
}
