/** Tasks whose results the feature tests look at. Loaded by the test, the host and the members. */
import { allowJoinResult, Celeriac, type TaskContext } from '../../../core/app/public.js';

export const app = new Celeriac('results', { brokerUrl: 'memory://results', resultBackend: 'memory://results' });

export const add = app.task('results.add', (a: number, b: number) => a + b);

export const fail = app.task('results.fail', (message: string) => {
  throw new RangeError(message, { cause: new TypeError('the reason') });
});

/** Sends two tasks and returns their ids. */
export const family = app.task('results.family', async (n: number) => {
  const children = [await add.delay(n, 1), await add.delay(n, 2)];
  return children.map(({ id }) => id);
});

type Manner = 'plain' | 'option' | 'allowed' | 'set';

/** Waits for another task, in one of the ways that there are. */
export const join = app.task('results.join', async (manner: Manner) => {
  const result = await add.delay(1, 2);
  const options = { timeoutMs: 20_000 };
  if (manner === 'option') return result.get({ ...options, disableSyncSubtasks: false });
  if (manner === 'allowed') return allowJoinResult(async () => result.get(options));
  if (manner === 'set') return app.resultSet([result]).get(options);
  return result.get(options);
});

/** Tells its progress and ends when a result of the name `gate` is there. */
export const watched = app.task('results.watched', { bind: true }, async (ctx: TaskContext, gate: string) => {
  await ctx.updateState('PROGRESS', { done: 1 });
  await app.asyncResult(`${gate}-1`).get({ disableSyncSubtasks: false, timeoutMs: 20_000 });
  await ctx.updateState('PROGRESS', { done: 2 });
  await app.asyncResult(`${gate}-2`).get({ disableSyncSubtasks: false, timeoutMs: 20_000 });
  return 'done';
});

/** Runs until a result of the name `gate` is there. */
export const gated = app.task('results.gated', (gate: string) =>
  app.asyncResult(gate).get({ disableSyncSubtasks: false, timeoutMs: 20_000 }),
);

export const tracked = app.task('results.tracked', { trackStarted: true }, (gate: string) =>
  app.asyncResult(gate).get({ disableSyncSubtasks: false, timeoutMs: 20_000 }),
);

/** What a task sees of another that it watches. Its own state is WATCHING when it has seen the first. */
export const watch = app.task('results.watch', { bind: true }, async (ctx: TaskContext, id: string) => {
  const states: string[] = [];
  for await (const { state } of app.asyncResult(id).updates({ timeoutMs: 20_000 })) {
    if (states.push(state) === 1) await ctx.updateState('WATCHING');
  }
  return states;
});
