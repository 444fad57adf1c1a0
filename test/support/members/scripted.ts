/**
 * A member program for the tests of pools: the head of a job says what it does. Runs inside a member. `link.data` may ask
 * for a call before READY, or for a failure while loading.
 */
import { spawnSync } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';
import type { MemberJob, MemberLink, MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';

export interface ScriptedData {
  readonly callBeforeReady?: boolean;
  readonly failToLoad?: string;
  /** The member of this epoch never becomes READY. */
  readonly hangInEpoch?: number;
  /** Told in the manifest, and by `label`. */
  readonly label?: string;
  /** Shared with the host: `mark` stores 1 in its first word; `spin-until` waits for the word that it names. */
  readonly marks?: Int32Array;
}

type Act = (job: MemberJob, link: MemberLink, argument: string) => MemberOutcome | Promise<MemberOutcome>;

const OK = 1;

function text(value: string): MemberOutcome {
  return { kind: OK, payload: Buffer.from(value) };
}

function spin(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** Far more than any test needs, so that one that fails ends. */
const LONGEST_SPIN_MS = 10_000;

/** Answers whether the host has marked the word, before or while this computes. */
function spinUntil(link: MemberLink, word: number): boolean {
  const { marks } = link.data as ScriptedData;
  if (marks === undefined) return false;
  const endMs = performance.now() + LONGEST_SPIN_MS;
  while (Atomics.load(marks, word) === 0 && performance.now() < endMs);
  // Whoever gives up ends the waiting of all.
  return Atomics.compareExchange(marks, word, 0, -1) === 1;
}

/** Promises that tests hold open on purpose. */
const never = new Promise<MemberOutcome>(() => undefined);

function waitFor(job: MemberJob, link: MemberLink): Promise<Uint8Array> {
  return link.wait === undefined ? link.call(9, job.body, job) : link.wait(9, job.body, job);
}

const acts: Readonly<Record<string, Act>> = {
  echo: (job) => ({ kind: OK, payload: Buffer.from(job.body) }),
  who: (_job, link) => text(`${String(link.index)}.${String(link.epoch)}`),
  spin: (_job, _link, ms) => {
    spin(Number(ms));
    return text('spun');
  },
  loop: () => {
    for (;;);
  },
  block: (_job, _link, seconds) => {
    spawnSync('sleep', [seconds]);
    return text('slept');
  },
  hold: () => never,
  'wait-abort': async (job) => {
    const reason = await new Promise<unknown>((resolve) => {
      if (job.signal.aborted) resolve(job.signal.reason);
      job.signal.addEventListener('abort', () => {
        resolve(job.signal.reason);
      });
    });
    return text((reason as Error).name);
  },
  'poll-abort': (job) => {
    while (!job.signal.aborted);
    return text((job.signal.reason as Error).name);
  },
  call: async (job, link) => text(Buffer.from(await link.call(7, job.body, job)).toString()),
  /** Waits for a reply as for another job, then tells the body that it still has. */
  wait: async (job, link) => {
    await waitFor(job, link);
    return { kind: OK, payload: Buffer.from(job.body) };
  },
  /** Then it has its slot again: it asks for a second reply with a usual call. */
  'wait-and-call': async (job, link) => {
    await waitFor(job, link);
    return text(Buffer.from(await link.call(9, Buffer.from('second'), job)).toString());
  },
  'call-failing': async (job, link) => {
    const error = await link.call(8, job.body, job).catch((reason: unknown) => reason as Error & { code?: string });
    return error instanceof Error ? text(`${error.name}/${error.message}/${String(error.code)}`) : text('no error');
  },
  'call-and-loop': (job, link) => {
    void link.call(7, job.body, job);
    for (;;);
  },
  'many-calls': async (job, link, count) => {
    const replies: Promise<Uint8Array>[] = [];
    for (let i = 0; i < Number(count); i++) replies.push(link.call(7, Buffer.from(String(i)), job));
    const answers = await Promise.all(replies);
    return text(answers.map((answer) => Buffer.from(answer).toString()).join(','));
  },
  exit: (_job, _link, code) => process.exit(Number(code)),
  'throw-inside': () => {
    // What a library may install for itself must not keep a broken member alive.
    process.on('uncaughtException', () => undefined);
    throw new RangeError('thrown by the program');
  },
  'reject-inside': () => {
    process.on('unhandledRejection', () => undefined);
    return Promise.reject(new RangeError('rejected by the program'));
  },
  'big-and-exit': (_job, _link, bytes) => {
    process.nextTick(() => process.exit(3));
    return { kind: OK, payload: Buffer.alloc(Number(bytes), 'x') };
  },
  'loop-later': async () => {
    await Promise.resolve();
    for (;;);
  },
  'who-later': async (_job, link) => {
    await new Promise((resolve) => setImmediate(resolve));
    return text(`${String(link.index)}.${String(link.epoch)}`);
  },
  'mark-and-spin': (_job, link, ms) => {
    const { marks } = link.data as ScriptedData;
    if (marks !== undefined) Atomics.store(marks, 0, 1);
    spin(Number(ms));
    return text('spun');
  },
  /** Computes until the host has marked the word. */
  'spin-until': (_job, link, word) => text(spinUntil(link, Number(word)) ? 'seen' : 'unseen'),
  /** The same, then it makes a call and waits for the reply. */
  'spin-until-and-call': async (job, link, word) => {
    if (!spinUntil(link, Number(word))) return text('unseen');
    return text(Buffer.from(await link.call(7, job.body, job)).toString());
  },
  'wait-abort-and-exit': async (job) => {
    if (!job.signal.aborted) await new Promise((resolve) => (job.signal.onabort = resolve));
    return process.exit(3);
  },
  scribble: () => {
    const { memory } = workerData as { readonly memory: SharedArrayBuffer };
    new Int32Array(memory).fill(-1);
    return text('scribbled');
  },
  label: (_job, link) => text((link.data as ScriptedData).label ?? ''),
  'throw-outside': () => {
    setImmediate(() => {
      throw new RangeError('thrown outside of the task');
    });
    return never;
  },
  oom: () => {
    // Many objects: one that grows would end the whole process (T5).
    let last: object | null = null;
    for (let at = 0; ; at++) last = { last, text: String(at) };
  },
  'post-to-parent': () => {
    const messages = [null, 'words', { type: 'odd' }, { type: 'ready' }, { type: 'load-failed' }, { type: 'output' }];
    const ours = ['celeriac.ready', 'celeriac.grown', 'celeriac.load-failed', 'celeriac.broken'];
    for (const type of ours) parentPort?.postMessage({ type, error: null });
    for (const message of messages) parentPort?.postMessage(message);
    return text('posted');
  },
  'print-and-exit': (_job, _link, words) => {
    process.stderr.write(words);
    process.exit(0);
  },
  'print-later': async (_job, _link, words) => {
    await new Promise((resolve) => setImmediate(resolve));
    process.stdout.write(words);
    return text('printed');
  },
  print: (_job, _link, words) => {
    process.stdout.write(words);
    return text('printed');
  },
};

export default async function createProgram(link: MemberLink): Promise<MemberProgram> {
  const data = (link.data ?? {}) as ScriptedData;
  if (data.failToLoad !== undefined) throw new TypeError(data.failToLoad);
  if (data.hangInEpoch === link.epoch) await never;
  const greeting = data.callBeforeReady === true ? await link.call(7, Buffer.from('loading'), null) : null;
  return {
    manifest: {
      greeting: greeting === null ? null : Buffer.from(greeting).toString(),
      ...(data.label === undefined ? {} : { label: data.label }),
    },
    run: (job) => {
      const [name = '', argument = ''] = job.head.split(':');
      const act = acts[name];
      if (act === undefined) throw new Error(`no act "${name}"`);
      return act(job, link, argument);
    },
    close: () => Promise.resolve(),
  };
}
