/** Functions that the tests of ThreadPool run inside members. */
import type { MessagePort } from 'node:worker_threads';
import { SharedMemory } from '../../../pools/ring/memory.js';
import type { RunContext } from '../../../pools/thread/member/function-program.js';
import { transfer } from '../../../pools/transferred.js';

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

/** Runs until a message comes over the port that was given with it; resolves with the message. */
export function hold({ port }: { readonly port: MessagePort }): Promise<unknown> {
  return new Promise((resolve) => {
    port.once('message', (message) => {
      port.close();
      resolve(message);
    });
    port.postMessage('started');
  });
}

/** Computes until the first word of the memory is set; sets the second one when it has begun. */
export function computeUntil(buffer: SharedArrayBuffer): string {
  const memory = new SharedMemory(buffer);
  memory.store(1, 1);
  while (memory.load(0) === 0);
  return 'computed';
}

let given: ArrayBuffer | null = null;

/** Gives the buffer back without a copy. */
export function giveBack(buffer: ArrayBuffer): unknown {
  given = buffer;
  return transfer({ buffer }, [buffer]);
}

export async function giveBackLater(buffer: ArrayBuffer): Promise<unknown> {
  await Promise.resolve();
  return giveBack(buffer);
}

/** Bytes that this member still has of what it gave back last. */
export function leftBytes(): number | null {
  return given?.byteLength ?? null;
}

export function giveNonsense(): unknown {
  return transfer({}, [{} as ArrayBuffer]);
}

export function sizeOf(value: ArrayBuffer | Uint8Array | readonly unknown[]): number {
  return 'byteLength' in value ? value.byteLength : value.length;
}

/** A member that dies while the value is in its hands. */
export function exitWith(): never {
  process.exit(7);
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
