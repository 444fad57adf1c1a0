/** Tasks for the tests of the task and retry chapters: each shows one option or hook by what it does. */
import { BroadcastChannel } from 'node:worker_threads';
import { z } from 'zod';
import {
  Celeriac,
  Ignore,
  Reject,
  currentTask,
  getTaskLogger,
  signals,
  type TaskContext,
  type TaskOptions,
} from '../../../core/app/public.js';

const address = 'memory://feature-tasks';
export const app = new Celeriac('feature', {
  brokerUrl: address,
  resultBackend: address,
  workerDeduplicateSuccessfulTasks: true,
  taskAnnotations: { 'feature.annotated': { priority: 7, '@run': (run: () => string) => () => `decorated ${run()}` } },
});

const channel = new BroadcastChannel('celeriac-feature-tasks');
channel.unref();

/** Tells whoever listens in the process of the test. */
function say(id: unknown, word: string): void {
  channel.postMessage([id, word]);
}

function fail(): never {
  throw new RangeError('no');
}

export const add = app.task('feature.add', { params: ['a', 'b'] }, (a: number, b: number) => a + b);
export const plain = app.task('feature.plain', (a: number) => a);
export const bound = app.task('feature.bound', { bind: true }, (ctx, a: number) => [ctx.request.id, a]);
export const limits = app.task('feature.limits', { bind: true, timeLimit: 0.2 }, async (ctx) => {
  await new Promise((resolve) => setTimeout(resolve, 5_000).unref());
  return ctx.request.id;
});
export const soft = app.task('feature.soft', { bind: true, softTimeLimit: 0.1, timeLimit: 20 }, (ctx) => {
  while (!ctx.signal.aborted);
  return (ctx.signal.reason as Error).name;
});
/** Swallows its soft limit, as a body that never looks at the signal does. */
export const deaf = app.task('feature.deaf', { softTimeLimit: 0.05, timeLimit: 0.3 }, async () => {
  await new Promise((resolve) => setTimeout(resolve, 5_000).unref());
});
export const rated = app.task('feature.rated', { rateLimit: '5/s' }, () => Date.now());
export const silent = app.task('feature.silent', { ignoreResult: true }, () => 'nobody knows');
export const silentFailure = app.task('feature.silentFailure', { ignoreResult: true }, fail);
export const keptFailure = app.task(
  'feature.keptFailure',
  { ignoreResult: true, storeErrorsEvenIfIgnored: true },
  fail,
);
export const parent = app.task('feature.parent', async () => {
  await plain.delay(1);
});
export const childless = app.task('feature.childless', { trail: false }, async () => {
  await plain.delay(1);
});
export const tracked = app.task('feature.tracked', { bind: true, trackStarted: true }, async (ctx) => {
  const stored = await app.asyncResult(ctx.request.id ?? '').meta();
  return [stored.state, stored.result];
});
export const early = app.task('feature.early', { acksLate: false, acksOnFailure: false }, fail);
export const late = app.task('feature.late', { acksLate: true, acksOnFailure: false }, fail);
export const both = app.task('feature.both', { acksLate: true, acksOnFailureOrTimeout: false }, fail);
/** The particular option stands above the one for both. */
export const settled = app.task(
  'feature.settled',
  { acksLate: true, acksOnFailure: true, acksOnFailureOrTimeout: false },
  fail,
);
const overdue = (ctx: TaskContext): unknown =>
  ctx.request.deliveryInfo?.deliveryCount === 0
    ? new Promise((resolve) => setTimeout(resolve, 5_000).unref())
    : 'second';
const short = { bind: true, acksLate: true, timeLimit: 0.1 } as const;
export const overdueTimeout = app.task('feature.overdueTimeout', { ...short, acksOnTimeout: false }, overdue);
export const overdueBoth = app.task('feature.overdueBoth', { ...short, acksOnFailureOrTimeout: false }, overdue);
export const overdueFailure = app.task('feature.overdueFailure', { ...short, acksOnFailure: false }, overdue);
const lose = { bind: true, acksLate: true } as const;
export const lost = app.task('feature.lost', { ...lose, rejectOnWorkerLost: true }, (ctx) => {
  if (ctx.request.deliveryInfo?.deliveryCount === 0) process.exit(1);
  return 'second';
});
export const given = app.task('feature.given', { ...lose, rejectOnWorkerLost: false }, () => process.exit(1));
export const expected = app.task('feature.expected', { throws: [RangeError] }, fail);
export const wordy = app.task('feature.wordy', { resultreprMaxsize: 20 }, () => 'x'.repeat(500));
export const lengthy = app.task('feature.lengthy', () => 'y'.repeat(5_000));
export const annotated = app.task('feature.annotated', () => 'body');
export const validated = app.task(
  'feature.validated',
  { schema: { args: z.tuple([z.coerce.date()]), result: z.number().max(1_000_000) } },
  (at: Date) => at.getTime(),
);

abstract class Counting extends app.Task {
  static override readonly abstract = true;
  static override readonly options: TaskOptions = { queue: 'celery', maxRetries: 9 };
  count = 0;
}

class Count extends Counting {
  static override readonly taskName = 'feature.count';
  override run(by: number): number {
    this.count += by;
    return this.count;
  }
}
export const count = app.registerTask(Count);
export const countingBase = Counting;

class Flaky extends app.Task {
  static override readonly taskName = 'feature.flakyClass';
  static override readonly options: TaskOptions = {
    autoretryFor: [RangeError],
    retryKwargs: { countdown: 0 },
    maxRetries: 2,
  };
  override run(): number {
    if (this.request.retries < 2) fail();
    return this.request.retries;
  }
}
export const flakyClass = app.registerTask(Flaky);

const hooks = {
  beforeStart: (id: string) => {
    say(id, 'beforeStart');
  },
  onSuccess: (_value: unknown, id: string) => {
    say(id, 'onSuccess');
  },
  onFailure: (_error: unknown, id: string) => {
    say(id, 'onFailure');
  },
  onRetry: (_error: unknown, id: string) => {
    say(id, 'onRetry');
  },
  afterReturn: (status: string, _value: unknown, id: string) => {
    say(id, `afterReturn ${status}`);
  },
} satisfies TaskOptions;

/** Ends as it is told. */
export const hooked = app.task('feature.hooked', { bind: true, ...hooks }, async (ctx, how: string) => {
  say(ctx.request.id, `run ${(await app.asyncResult(ctx.request.id ?? '').meta()).state}`);
  if (how === 'fail') fail();
  if (how === 'ignore') throw new Ignore();
  if (how === 'reject') throw new Reject('no', { requeue: false });
  if (how === 'retry' && ctx.request.retries === 0) ctx.retry({ countdown: 0, cause: new RangeError('again') });
  return how;
});
export const brokenHook = app.task('feature.brokenHook', { onSuccess: fail }, () => 'well');
/** The member dies when the result is stored and the message not acknowledged. */
export const dies = app.task(
  'feature.dies',
  { bind: true, acksLate: true, rejectOnWorkerLost: true, onSuccess: () => process.exit(1) },
  (ctx) => {
    say(ctx.request.id, 'run');
    return 'once';
  },
);

const listened = { sender: 'feature.heard' };
for (const name of [
  'taskPrerun',
  'taskPostrun',
  'taskSuccess',
  'taskRetry',
  'taskFailure',
  'taskInternalError',
] as const) {
  signals[name].connect((event: object) => {
    const { retval, state, result, exception, reason, task, sender } = event as Readonly<Record<string, unknown>>;
    const text = [retval, state, result, exception, reason].filter((item) => item !== undefined).map(String);
    const isTask = sender === heard && (task === undefined || task === heard);
    say(currentTask()?.request.id, [name, isTask, ...text].join(' '));
  }, listened);
}
export const heard = app.task('feature.heard', { bind: true }, (ctx, how: string) => {
  if (how === 'fail') fail();
  if (how === 'retry' && ctx.request.retries === 0) ctx.retry({ countdown: 0, cause: new RangeError('again') });
  return how;
});
signals.taskInternalError.connect(({ exception, sender }) => {
  say(sender.taskName, `taskInternalError ${String(exception)}`);
});

export const progress = app.task('feature.progress', { bind: true }, async (ctx, otherId: string) => {
  await ctx.updateState('PROGRESS', { done: 1 });
  await ctx.updateState('SEEN', { by: ctx.request.id }, { taskId: otherId });
  const { state, result } = await app.asyncResult(ctx.request.id ?? '').meta();
  return [state, result];
});
export const abortable = app.task('feature.abortable', { bind: true }, async (ctx) => {
  say(ctx.request.id, 'started');
  let stopped = '';
  ctx.signal.addEventListener('abort', () => (stopped = 'stopped'));
  while (!(await ctx.isAborted()));
  return stopped;
});
const logger = getTaskLogger('features');
export const logs = app.task('feature.logs', { bind: true }, (ctx) => {
  ctx.logger.info({ own: 1 }, 'from the context');
  logger.info({}, 'from the module');
});
export const nested = app.task('feature.nested', { bind: true }, async (ctx) => {
  const eager = await bound.apply({ args: [1] });
  const [innerId] = (await eager.get({ disableSyncSubtasks: false })) as readonly unknown[];
  const [directId] = bound(2) as readonly unknown[];
  const { id } = ctx.request;
  return [innerId !== id && innerId !== null, directId, currentTask()?.request.id === id];
});
export const request = app.task('feature.request', { bind: true }, (ctx, ...args: readonly unknown[]) => {
  const { request: seen } = ctx;
  const attribute: unknown = Reflect.get(seen, 'tenant');
  return { ...pick(seen), attribute, given: args.length };
});

function pick(seen: object): Record<string, unknown> {
  const names = [
    ...['id', 'task', 'args', 'kwargs', 'retries', 'rootId', 'parentId', 'groupId', 'groupIndex', 'chord', 'chain'],
    ...['callbacks', 'errbacks', 'eta', 'expires', 'utc', 'timelimit', 'headers', 'properties', 'replyTo', 'shadow'],
    ...['correlationId', 'origin', 'deliveryInfo', 'priority', 'hostname', 'loglevel', 'logfile', 'calledDirectly'],
    ...[
      'isEager',
      'children',
      'ignoreResult',
      'argsrepr',
      'kwargsrepr',
      'replacedTaskNesting',
      'stampedHeaders',
      'stamps',
    ],
  ];
  return Object.fromEntries(names.map((name) => [name, Reflect.get(seen, name) as unknown]));
}

class Odd extends Error {
  readonly socket = (): void => undefined;
  readonly size = 3;
}
export const odd = app.task('feature.odd', () => {
  throw new Odd('cannot be cloned');
});

const named: TaskOptions & { readonly bind: true } = { bind: true, autoretryFor: ['RangeError'], maxRetries: 2 };
export const autoretried = app.task('feature.autoretried', { ...named, retryKwargs: { countdown: 0 } }, (ctx) => {
  if (ctx.request.retries < 2) fail();
  return ctx.request.retries;
});
export const retried = app.task('feature.retried', { bind: true }, (ctx, a: number) => {
  if (ctx.request.retries === 0) ctx.retry({ args: [a + 1], countdown: 0, throw: true });
  return [a, ctx.request.id, ctx.request.retries];
});
export const exhausted = app.task('feature.exhausted', { bind: true, maxRetries: 1, defaultRetryDelay: 0 }, (ctx) => {
  say(ctx.request.id, 'run');
  ctx.retry();
});
export const waits = app.task('feature.waits', { bind: true }, (ctx) => {
  ctx.retry({ cause: new RangeError('later') });
});
