/**
 * What may be on the stack when a soft limit strikes: each kind computes or blocks for ever in code of its own. A member
 * program whose head names the kind; it answers with the name of the error that ended it. Runs inside a member.
 */
import { execSync } from 'node:child_process';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { pbkdf2Sync } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { Session } from 'node:inspector';
import { Duplex } from 'node:stream';
import { serialize } from 'node:v8';
import { runInNewContext, runInThisContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import { deflateSync } from 'node:zlib';
import type { MemberJob, MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';

const OK = 1;

function spin(): never {
  for (;;);
}

/** A run that is struck inside of it leaves its id on Node's stack. */
function inScope(body: () => unknown): unknown {
  return new AsyncResource('Kind').runInAsyncScope(body);
}

const storage = new AsyncLocalStorage<number>();

/** An HTTP server over a stream in memory: Node's parser calls JavaScript from C++ while the task is on the stack. */
function createParser(onRequest: () => unknown): Duplex {
  const server = createServer((_request, response) => {
    onRequest();
    response.end();
  });
  const socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  server.emit('connection', socket);
  return socket;
}

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: kind\r\n\r\n');
/** Made before any task; bytes that arrive are parsed at once. */
const plainParser = createParser(spin);
const scopedParser = createParser(() => inScope(spin));

function* generate(): Generator<number> {
  try {
    yield spin();
  } finally {
    spin();
  }
}

/** (module (func (export "f") (loop (br 0)))) */
const ENDLESS_WASM = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11,
  11,
]);

/** Looks at its signal where it is told to, and else computes for ever. */
function reader(job: MemberJob): unknown {
  return job.body.length > 0 ? job.signal.aborted : spin();
}

/** As far as it is used; the types of Node leave it to those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { readonly f: () => void } };
}

type Kind = (job: MemberJob, link: MemberLink) => unknown;

export const guardedKinds: Readonly<Record<string, Kind>> = {
  loop: spin,
  'nested calls': () => {
    const deep = (depth: number): never => (depth === 0 ? spin() : deep(depth - 1));
    return deep(100);
  },
  'Array.sort comparator': () => [3, 1, 2].sort(spin),
  'String.replace callback': () => 'aaa'.replace(/a/g, spin),
  'JSON.parse reviver': () => JSON.parse('{"a":1}', spin) as unknown,
  'JSON.stringify toJSON': () => JSON.stringify({ toJSON: spin }),
  getter: () =>
    ({
      get value() {
        return spin();
      },
    }).value,
  'Proxy trap': () => Reflect.get(new Proxy({}, { get: spin }), 'value') as unknown,
  'EventEmitter listener': () => new EventEmitter().on('kind', spin).emit('kind'),
  'EventTarget listener': () => {
    const target = new EventTarget();
    target.addEventListener('kind', spin);
    target.dispatchEvent(new Event('kind'));
  },
  'AbortSignal listener': () => {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', spin);
    controller.abort();
  },
  'AsyncLocalStorage.run': () => storage.run(1, spin),
  'AsyncLocalStorage.run, nested': () => storage.run(1, () => storage.run(2, spin)),
  'AsyncLocalStorage.enterWith': () => {
    storage.enterWith(3);
    spin();
  },
  'AsyncLocalStorage.snapshot': () => AsyncLocalStorage.snapshot()(spin),
  'AsyncResource.runInAsyncScope': () => inScope(spin),
  'AsyncResource.runInAsyncScope, nested': () => inScope(() => inScope(() => inScope(spin))),
  'AsyncResource.bind': () => AsyncResource.bind(spin)(),
  'async function before its first await': async () => {
    await Promise.resolve(spin());
  },
  'promise executor': () => new Promise(spin),
  'jobs queued before': () => {
    queueMicrotask(() => undefined);
    process.nextTick(() => undefined);
    setImmediate(() => undefined);
    setTimeout(() => undefined, 1);
    void Promise.resolve().then(() => undefined);
    spin();
  },
  generator: () => [...generate()],
  'finally with a loop in it': () => {
    try {
      spin();
    } finally {
      spin();
    }
  },
  'catch that goes on': () => {
    for (;;) {
      try {
        spin();
      } catch {
        continue;
      }
    }
  },
  'class static block': () => {
    class Kinds {
      readonly kind = 1;
      static {
        spin();
      }
    }
    return new Kinds();
  },
  'vm.runInThisContext': () => runInThisContext('for (;;);') as unknown,
  'vm with a timeout of its own': () => runInThisContext('for (;;);', { timeout: 60_000 }) as unknown,
  'vm.runInNewContext, scope inside': () => runInNewContext('f()', { f: () => inScope(spin) }) as unknown,
  'Atomics.wait': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000),
  execSync: () => {
    execSync('sleep 0.9');
    // Native code ends when it ends; the strike lies in wait for the first JavaScript behind it.
    spin();
  },
  'zlib, synchronous': () => {
    const bytes = Buffer.alloc(100_000);
    for (;;) deflateSync(bytes);
  },
  'crypto, synchronous': () => {
    for (;;) pbkdf2Sync('a', 'b', 1_000, 32, 'sha512');
  },
  'timers in a loop': () => {
    for (;;) clearTimeout(setTimeout(() => undefined, 60_000 * Math.random()));
  },
  'promises in a loop': () => {
    for (let count = 0; ; count++) if (count < 100_000) void Promise.resolve(count).then(() => undefined);
  },
  'http parser callback': () => plainParser.emit('data', REQUEST),
  'http parser callback, scope inside': () => scopedParser.emit('data', REQUEST),
  // On Node 20 the first use of a storage in a thread turns on what the guard has turned off.
  'the same behind the first use of AsyncLocalStorage': () => {
    storage.run(1, () => undefined);
    scopedParser.emit('data', REQUEST);
  },
  'Error.prepareStackTrace': () => {
    Error.prepareStackTrace = spin;
    return new Error('kind').stack;
  },
  'v8.serialize getter': () =>
    serialize({
      get value() {
        return spin();
      },
    }),
  'structuredClone getter': () =>
    structuredClone({
      get value() {
        return spin();
      },
    }),
  'postMessage getter': () => {
    new MessageChannel().port1.postMessage({
      get value() {
        return spin();
      },
    });
  },
  'inspector callback, scope inside': () => {
    const session = new Session();
    session.connect();
    session.post('Runtime.evaluate', { expression: '1' }, () => inScope(spin));
  },
  'regular expression that backtracks': () => /^(a+)+$/.test(`${'a'.repeat(50)}b`),
  'BigInt that grows': () => {
    for (let value = 3n; ; value *= value);
  },
  WebAssembly: () => {
    const { Instance, Module } = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi;
    new Instance(new Module(ENDLESS_WASM)).exports.f();
  },
  'a listener for uncaught errors': () => {
    process.on('uncaughtException', spin);
    inScope(spin);
  },
  'a capture of uncaught errors': () => {
    process.setUncaughtExceptionCaptureCallback(spin);
    inScope(spin);
  },
  'console.log in a loop': () => {
    for (;;) console.log('kind');
  },
  'calls to the host in a loop': (job, link) => {
    for (;;) void link.call(7, Buffer.from('kind'), job);
  },
  'large calls to the host in a loop': (job, link) => {
    const payload = Buffer.alloc(100_000, 'k');
    for (;;) void link.call(7, payload, job);
  },
};

function answer(text: string): MemberOutcome {
  return { kind: OK, payload: Buffer.from(text) };
}

function nameOf(thrown: unknown): MemberOutcome {
  return answer(thrown instanceof Error ? thrown.constructor.name : typeof thrown);
}

function run(job: MemberJob, link: MemberLink): MemberOutcome | Promise<MemberOutcome> {
  if (job.head === 'who') return answer(`${String(link.index)}.${String(link.epoch)}`);
  if (job.head === 'reply') return link.call(7, job.body, job).then((reply) => answer(Buffer.from(reply).toString()));
  if (job.head === 'reader') {
    job.guarded?.(() => reader(job), reader);
    return answer('returned');
  }
  const kind = guardedKinds[job.head.replace('later: ', '')];
  if (kind === undefined || job.guarded === undefined) return answer(`no ${job.head}`);
  const call = (): unknown => kind(job, link);
  const begin = (): MemberOutcome | Promise<MemberOutcome> => {
    try {
      const value = job.guarded?.(call, kind);
      return value instanceof Promise ? value.then(() => answer('returned'), nameOf) : answer('returned');
    } catch (error) {
      return nameOf(error);
    }
  };
  // In a continuation of a promise there is no callback of C++ around the call.
  return job.head.startsWith('later: ') ? Promise.resolve().then(begin) : begin();
}

export default function createGuardedProgram(link: MemberLink): MemberProgram {
  return { manifest: null, run: (job) => run(job, link), close: () => Promise.resolve() };
}
