/**
 * Tasks that the feature tests of the worker send. Loaded by the test, the host and the members; they talk to the test
 * over a channel of the process: what runs says so, and waits where it is told to.
 */
import { appendFileSync } from 'node:fs';
import { BroadcastChannel, threadId } from 'node:worker_threads';
import { Celeriac, Ignore, Reject, signals, type TaskContext } from '../../../core/app/public.js';

const broker = process.env['WORKER_TASKS_BROKER'] ?? 'memory://worker-tasks';

export const app = new Celeriac('worker', {
  brokerUrl: broker,
  resultBackend: broker,
  ...(process.env['WORKER_TASKS_COMPAT'] === undefined ? {} : { reliability: 'compat' }),
});

/** What a task says to the test. */
export interface TaskWord {
  readonly kind: 'started' | 'ended' | 'member';
  readonly task: string;
  readonly id: string | null;
  readonly value: unknown;
  readonly atMs: number;
}

const channel = new BroadcastChannel('celeriac-worker-tasks');
channel.unref();

function say(
  kind: TaskWord['kind'],
  task: string,
  { id, value = null }: { readonly id: string | null; readonly value?: unknown },
): void {
  const word: TaskWord = { kind, task, id, value, atMs: Date.now() };
  channel.postMessage(word);
  const file = process.env['WORKER_TASKS_LEDGER'];
  if (file !== undefined) appendFileSync(file, `${kind} ${String(id)} ${JSON.stringify(value)}\n`);
}

/** Gives its argument back, and says that it ran. */
export const echo = app.task('worker.echo', { bind: true }, (ctx: TaskContext, value: unknown = null) => {
  say('started', 'echo', { id: ctx.request.id, value });
  return value;
});

const kept: unknown[] = [];

/** Keeps so many MB of objects for as long as its member lives; answers with the member's thread. */
export const keep = app.task('worker.keep', (megabytes: number) => {
  // An object of one number and its place in a list take some 32 bytes.
  kept.push(Array.from({ length: megabytes * 32_768 }, (_, at) => ({ at })));
  return threadId;
});

/** Makes so many MB of garbage; answers with the member's thread. */
export const litter = app.task('worker.litter', (megabytes: number) => {
  const { length } = Array.from({ length: megabytes * 32_768 }, (_, at) => ({ at }));
  return length > 0 ? threadId : null;
});

/** Runs until the test opens the gate of its id; with `word` of that name. */
async function untilOpened(id: string | null): Promise<unknown> {
  const gate = new BroadcastChannel(`gate-${String(id)}`);
  const opened = new Promise<unknown>((resolve) => {
    gate.onmessage = (event: unknown) => {
      resolve((event as { readonly data: unknown }).data);
    };
  });
  say('started', 'hold', { id });
  const value = await opened;
  gate.close();
  say('ended', 'hold', { id });
  return value;
}

export const hold = app.task('worker.hold', { bind: true }, (ctx: TaskContext) => untilOpened(ctx.request.id));
export const capped = app.task('worker.capped', { bind: true, concurrencyLimit: 1 }, (ctx: TaskContext) =>
  untilOpened(ctx.request.id),
);
export const holdEarly = app.task('worker.holdEarly', { bind: true, acksLate: false }, (ctx: TaskContext) =>
  untilOpened(ctx.request.id),
);
export const tracked = app.task('worker.tracked', { bind: true, trackStarted: true }, (ctx: TaskContext) =>
  untilOpened(ctx.request.id),
);
/** Says whether its signal was aborted while it ran. */
export const watchful = app.task('worker.watchful', { bind: true }, async (ctx: TaskContext) => {
  await untilOpened(ctx.request.id);
  return ctx.signal.aborted;
});

export const limited = app.task('worker.limited', { bind: true, rateLimit: '10/s' }, (ctx: TaskContext, n: number) => {
  say('started', 'limited', { id: ctx.request.id, value: n });
  return n;
});

type Manner = 'fail' | 'exit' | 'reject' | 'requeue' | 'ignore' | 'retry' | 'hang' | 'soft';

/** Ids that this member has given back: that does not count as a delivery. */
const requeued = new Set<string | null>();

/** Ends as it is told, the first time; delivered again, or retried, it ends well. */
async function endAs(ctx: TaskContext, manner: Manner): Promise<unknown> {
  const { id, deliveryInfo, retries } = ctx.request;
  say('started', 'end', { id, value: manner });
  const isFirst = deliveryInfo?.redelivered === false && retries === 0 && !requeued.has(id);
  if (!isFirst) return 'again';
  switch (manner) {
    case 'fail':
      throw new RangeError('as told');
    case 'exit':
      // What it has said leaves with a turn of its loop.
      await new Promise((resolve) => setTimeout(resolve, 10));
      return process.exit(3);
    case 'reject':
      throw new Reject('no');
    case 'requeue':
      requeued.add(id);
      throw new Reject('later', { requeue: true });
    case 'ignore':
      throw new Ignore('nothing');
    case 'retry':
      throw ctx.retry({ countdown: 0 });
    default:
      return new Promise((_, reject) => {
        if (manner === 'soft') {
          ctx.signal.addEventListener('abort', () => {
            reject(ctx.signal.reason as Error);
          });
        }
      });
  }
}

export const late = app.task('worker.late', { bind: true, acksLate: true, timeLimit: 0.4, softTimeLimit: 0.2 }, endAs);
export const early = app.task(
  'worker.early',
  { bind: true, acksLate: false, timeLimit: 0.4, softTimeLimit: 0.2 },
  endAs,
);
export const strict = app.task(
  'worker.strict',
  { bind: true, acksLate: true, acksOnFailure: false, acksOnTimeout: false, timeLimit: 0.4, softTimeLimit: 0.2 },
  endAs,
);
export const silent = app.task(
  'worker.silent',
  { bind: true, ignoreResult: true, storeErrorsEvenIfIgnored: true },
  endAs,
);

signals.workerProcessInit.connect(() => {
  say('member', 'init', { id: null });
});
signals.workerProcessShutdown.connect(({ pid, exitcode, threadId }) => {
  say('member', 'shutdown', { id: null, value: { pid, exitcode, threadId } });
});
