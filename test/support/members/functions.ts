/** Functions that the tests of ThreadPool run inside members. */
import type { RunContext } from '../../../pools/thread/member/function-program.js';

export default function double(n: number): number {
  return n * 2;
}

export function echo(value: unknown): unknown {
  return value;
}

export async function later(value: unknown): Promise<unknown> {
  await Promise.resolve();
  return value;
}

export function fail(code: string): never {
  const error = new RangeError('failed', { cause: new TypeError(code) });
  throw Object.assign(error, { code: `E_${code.toUpperCase()}` });
}

export function throwValue(value: unknown): never {
  throw value as Error;
}

export function uncloneable(): unknown {
  return () => 1;
}

/** An error whose field cannot be read. */
export function failWithTrap(): never {
  throw Object.defineProperty(new RangeError('trapped'), 'trap', {
    enumerable: true,
    get: () => {
      throw new Error('sprung');
    },
  });
}

export function throwBareObject(): never {
  throw Object.assign(Object.create(null) as object, { toClone: () => 1 }) as unknown as Error;
}

export function loop(): never {
  for (;;);
}

export function untilAborted(_value: unknown, { signal }: RunContext): never {
  while (!signal.aborted);
  throw signal.reason as Error;
}

export function exit(code: number): never {
  process.exit(code);
}
