import { InvariantError } from './errors.js';

/** Ends an exhaustive switch over a closed union. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected variant: ${String(value)}`);
}
