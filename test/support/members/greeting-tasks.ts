/** Tasks of the tests of celeriac/testing: what an author writes, with an address that no test may reach. */
import { Celeriac } from '../../../core/app/public.js';

export const app = new Celeriac('greeting', {
  brokerUrl: 'sqlite:///nowhere/queue.db',
  resultBackend: 'sqlite:///nowhere/queue.db',
});

export const greet = app.task('greeting.greet', (name: string) => `hello ${name}`);

export const fail = app.task('greeting.fail', () => {
  throw new RangeError('no greeting');
});

/** Succeeds at its third try, an hour later each time. */
export const insist = app.task('greeting.insist', { bind: true, maxRetries: 5 }, (ctx) => {
  if (ctx.request.retries < 2) throw ctx.retry({ countdown: 3_600 });
  return ctx.request.retries;
});

/** Greets many by a task each. */
export const greetAll = app.task('greeting.greetAll', async (names: readonly string[]) => {
  const sent = await Promise.all(names.map((name) => greet.delay(name)));
  return sent.map(({ id }) => id);
});

/** What hooks have heard, in this thread. */
export const heard: string[] = [];

export const hooked = app.task(
  'greeting.hooked',
  {
    onSuccess: (value) => {
      heard.push(`success ${String(value)}`);
    },
  },
  () => 'done',
);
