/** A fast wrong answer is not a figure: count and checksum of the work are checked in each sample, and fail the run. */
import { InvariantError } from '../../core/kernel/errors.js';

export interface Work {
  readonly count: number;
  /** Any number that depends on every single result, for example their sum. */
  readonly checksum: number;
}

/** @throws InvariantError when the work done is not the work ordered. */
export function checkWork(expected: Work, actual: Work): void {
  if (actual.count !== expected.count) {
    throw new InvariantError(`${String(actual.count)} results instead of ${String(expected.count)}`);
  }
  if (actual.checksum !== expected.checksum) {
    throw new InvariantError(`checksum ${String(actual.checksum)} instead of ${String(expected.checksum)}`);
  }
}

/** Sum of 0 … count − 1: the checksum of tasks that answer their own number. */
export function sumBelow(count: number): number {
  return (count * (count - 1)) / 2;
}
