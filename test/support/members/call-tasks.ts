/** Tasks for the tests of calls and routes; each tells what it was called with. */
import { Celeriac } from '../../../core/app/public.js';

export const app = new Celeriac('calls', { taskDefaultQueue: 'calls', taskRoutes: { 'calls.routed': 'special' } });

/** Adds; with one argument it is its own. */
export const add = app.task('calls.add', { params: ['a', 'b?'] }, (a: number, b?: number) => a + (b ?? 0));

export const about = app.task('calls.about', { bind: true, params: ['note?'] }, (ctx, note: unknown = null) => {
  const {
    id,
    rootId,
    parentId,
    groupId,
    groupIndex,
    headers,
    timeLimit,
    softTimeLimit,
    deliveryInfo,
    retries,
    isEager,
  } = ctx.request;
  const priority = deliveryInfo?.properties.priority ?? null;
  const { routingKey = null, exchange = null } = deliveryInfo ?? {};
  const limits = [timeLimit, softTimeLimit];
  return {
    note,
    id,
    rootId,
    parentId,
    groupId,
    groupIndex,
    headers,
    limits,
    priority,
    routingKey,
    exchange,
    retries,
    isEager,
  };
});

export const parent = app.task('calls.parent', async (options: object = {}) => {
  const child = await about.applyAsync(options);
  return child.id;
});

export const fail = app.task('calls.fail', (text: string = 'no') => {
  throw new TypeError(text);
});

export const flaky = app.task('calls.flaky', { bind: true, maxRetries: 2 }, (ctx, failures: number) => {
  if (ctx.request.retries < failures) throw ctx.retry({ countdown: 3_600 });
  return ctx.request.retries;
});

/** Keeps what it was given under its own id, so that a test finds what a follow-up was called with. */
export const note = app.task('calls.note', (...args: readonly unknown[]) => args);

/** Publishes with options that only the host can carry out. */
export const publishSpecially = app.task('calls.special', async (queue: string) => {
  await add.applyAsync({ args: [1, 1], queue, retry: false, timeout: 5 });
  return 'sent';
});

export const many = app.task('calls.many', async (count: number) => {
  const calls = Array.from({ length: count }, (_, n): [number, number] => [n, 1]);
  const outcomes = await add.delayMany(calls, { batchSize: 7 });
  return outcomes.filter(({ error }) => error === null).length;
});

/** Where it came from: its route sends it to another queue than the default. */
export const routed = app.task('calls.routed', { bind: true }, (ctx) => ctx.request.deliveryInfo?.routingKey ?? null);

export const sendsRouted = app.task('calls.sends-routed', async () => (await routed.delay()).id);

const inline: unknown[] = [];

/** An errback that wants the error itself: it is called in the failing member, and is no task run there. */
export const inlineErrback = app.task(
  'calls.inline-errback',
  (request: unknown, error: unknown, traceback: unknown) => {
    const { id } = request as { readonly id: string };
    inline.push([id, error instanceof TypeError, typeof traceback]);
  },
);

/** What the inline errback was called with, in this member. */
export const inlineCalls = app.task('calls.inline-calls', () => inline);

/** Fails after two retries at once. */
export const flakyNow = app.task('calls.flaky-now', { bind: true, maxRetries: 2 }, (ctx): never => {
  throw ctx.retry({ countdown: 0, cause: new RangeError('never') });
});

const counted: unknown[] = [];

export const countErrback = app.task('calls.count-errback', (id: string) => {
  counted.push(id);
});

/** Ids that the counting errback has got, in this member. */
export const countedErrors = app.task('calls.counted-errors', () => counted);
