/**
 * A member program whose runs go wrong in every way that we know (reliability §3.1): the head of a job names the fault,
 * pool-failures.contract.ts says what is to become of it. Runs inside a member.
 */
import { execSync } from 'node:child_process';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MemberJob, MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';

type Act = (job: MemberJob, link: MemberLink, argument: string) => MemberOutcome | Promise<MemberOutcome>;

function text(value: string): MemberOutcome {
  return { kind: 1, payload: Buffer.from(value) };
}

const never = new Promise<MemberOutcome>(() => undefined);

/** Its message, name and stack cannot be read. */
class Unreadable extends Error {
  override get message(): string {
    throw new TypeError('no message');
  }
  override get name(): string {
    throw new TypeError('no name');
  }
  override get stack(): string {
    throw new TypeError('no stack');
  }
}

const thrown: Readonly<Record<string, () => unknown>> = {
  error: () => Object.assign(new RangeError('outer', { cause: new TypeError('inner') }), { code: 'E_OUTER', left: 3 }),
  text: () => 'only words',
  nothing: () => undefined,
  bare: () => Object.assign(Object.create(null) as object, { reason: 'bare' }),
  unshowable: () => ({
    [inspect.custom]: () => {
      throw new TypeError('not to be seen');
    },
  }),
  frozen: () => Object.freeze(new RangeError('frozen')),
  unreadable: () => new Unreadable(),
  function: () => Object.assign(new RangeError('with a function'), { again: () => undefined, symbol: Symbol('s') }),
};

function make(kind: string): unknown {
  return thrown[kind]?.();
}

function raise(kind: string): never {
  // eslint would have an Error: this is about those who throw something else.
  const value = make(kind);
  throw value as Error;
}

function overflow(): number {
  return 1 + overflow();
}

/** Calls the host at every depth of the stack until there is none left, our own code being on top of it at last. */
function callDeep(job: MemberJob, link: MemberLink, depth: number): number {
  try {
    link.call(7, Buffer.from(`deep ${String(depth)}`), job).catch(() => undefined);
    return callDeep(job, link, depth + 1);
  } catch {
    return depth;
  }
}

async function requeue(): Promise<never> {
  for (;;) await Promise.resolve();
}

const acts: Readonly<Record<string, Act>> = {
  echo: (job) => ({ kind: 1, payload: Buffer.from(job.body) }),
  who: (_job, link) => text(`${String(link.index)}.${String(link.epoch)}`),
  call: async (job, link) => text(Buffer.from(await link.call(7, job.body, job)).toString()),
  wait: async ({ signal }) => {
    if (!signal.aborted) await new Promise((resolve) => (signal.onabort = resolve));
    return text('waited');
  },
  throw: (_job, _link, kind) => raise(kind),
  reject: async (_job, _link, kind) => {
    await Promise.resolve();
    return raise(kind);
  },
  'throw-outside': (_job, _link, kind) => {
    setImmediate(() => raise(kind));
    return never;
  },
  'reject-outside': (_job, _link, kind) => {
    void Promise.resolve().then(() => raise(kind));
    return never;
  },
  'throw-later': (_job, _link, kind) => {
    setImmediate(() => raise(kind));
    return text('returned');
  },
  'reject-later': (_job, _link, kind) => {
    setImmediate(() => void Promise.resolve().then(() => raise(kind)));
    return text('returned');
  },
  exit: (_job, _link, code) => process.exit(Number(code)),
  'exit-outside': (_job, _link, code) => {
    setImmediate(() => process.exit(Number(code)));
    return never;
  },
  'exit-later': (_job, _link, code) => {
    setImmediate(() => process.exit(Number(code)));
    return text('returned');
  },
  abort: () => process.abort(),
  overflow: () => text(String(overflow())),
  'overflow-in-calls': async (job, link) => {
    const depth = callDeep(job, link, 0);
    return text(`${String(depth > 0)} ${Buffer.from(await link.call(7, Buffer.from('sound'), job)).toString()}`);
  },
  'full-heap': () => {
    // Many objects: one that grows would end the whole process (T5).
    let last: object | null = null;
    for (let at = 0; ; at++) last = { last, text: String(at) };
  },
  loop: () => {
    for (;;);
  },
  microtasks: () => requeue(),
  never: () => never,
  'wait-atomically': () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return text('woken');
  },
  'wait-for-a-process': (_job, _link, seconds) => {
    execSync(`sleep ${seconds}`);
    return text('slept');
  },
  'wait-for-a-message': () => {
    const { port1 } = new MessageChannel();
    while (receiveMessageOnPort(port1) === undefined);
    return text('received');
  },
  leak: async () => {
    setInterval(() => undefined, 1);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return text('returned');
  },
};

export default function createProgram(link: MemberLink): MemberProgram {
  return {
    manifest: null,
    run: (job) => {
      const [name = '', argument = ''] = job.head.split(':');
      const act = acts[name];
      if (act === undefined) throw new Error(`no act "${name}"`);
      return act(job, link, argument);
    },
    close: () => Promise.resolve(),
  };
}
