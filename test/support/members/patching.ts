/**
 * A member program whose runs replace what the language and Node give to everybody (T13): `patch:HOW:PATH` replaces the
 * function at that path of `globalThis` by one that throws (`throws`) or does nothing (`idle`). What it takes to answer
 * was taken before; `exit` ends the member. Runs inside a member.
 */
import type { MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';

const { defineProperty } = Object;
const exit: (code: number) => never = process.exit.bind(process);
const split: unknown = Reflect.get(String.prototype, 'split');
const slice: unknown = Reflect.get(Uint8Array.prototype, 'slice');
const plainCall = Reflect.get(Function.prototype, 'call') as (...args: readonly unknown[]) => unknown;
/** `call(fn, self, …)` is `fn.call(self, …)`, whatever becomes of `call`. */
const call = plainCall.bind(plainCall);

const roots: Readonly<Record<string, object>> = {
  globalThis,
  Atomics,
  JSON,
  process,
  Date,
  performance,
  Array: Array.prototype,
  Promise: Promise.prototype,
  Map: Map.prototype,
  buffer: Buffer.prototype as object,
  Function: Function.prototype,
};

function patch(how: string, path: string): void {
  const at = path.indexOf('.');
  const root = roots[path.slice(0, at)] as object;
  const value = function (): void {
    if (how === 'throws') throw new TypeError(`${path} is patched`);
  };
  defineProperty(root, path.slice(at + 1), { value, configurable: true, writable: true });
}

export default function createProgram(link: MemberLink): MemberProgram {
  const held = new Promise<MemberOutcome>(() => undefined);
  const patched = Buffer.from('patched');
  const who = Buffer.from(`${String(link.index)}.${String(link.epoch)}`);
  return {
    manifest: null,
    run: (job): MemberOutcome | Promise<MemberOutcome> => {
      const [act = '', how = '', path = ''] = call(split, job.head, ':') as string[];
      if (act === 'patch') {
        patch(how, path);
        return { kind: 1, payload: patched };
      }
      if (act === 'exit') return exit(9);
      if (act === 'hold') return held;
      if (act === 'who') return { kind: 1, payload: who };
      const body = call(slice, job.body) as Uint8Array;
      if (act === 'later') return (async () => ({ kind: 1, payload: await link.call(7, body, job) }))();
      return { kind: 1, payload: body };
    },
    close: () => Promise.resolve(),
  };
}
