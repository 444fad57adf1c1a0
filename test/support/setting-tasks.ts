/** The app module of the tests of settings: tasks that show what a setting does. Loaded by host and members. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { Celeriac, type TaskContext } from '../../core/app/public.js';

export const app = new Celeriac('settings', {
  brokerUrl: 'memory://none',
  resultBackend: 'memory://none',
  setAsCurrent: false,
});

app.task('s.add', (a: number, b: number) => a + b);

app.task('s.date', () => new Date(0));

app.task('s.fail', () => {
  throw new RangeError('no');
});

/** Never ends; `path` says that it began. */
app.task('s.stuck', (path: string) => {
  writeFileSync(path, 'began');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});

/** Waits for its signal and answers with the name of the reason. */
app.task('s.waits', { bind: true }, async (ctx: TaskContext) => {
  await new Promise<void>((resolve) => {
    ctx.signal.addEventListener('abort', () => {
      resolve();
    });
  });
  return (ctx.signal.reason as Error).name;
});

/** Ends the member that runs it, the first time; the file of `path` has the number of each delivery. */
app.task('s.dies', { bind: true }, (ctx: TaskContext, path: string | null = null) => {
  const count = ctx.request.deliveryInfo?.deliveryCount ?? 0;
  if (path !== null) appendFileSync(path, String(count));
  if (count === 0) process.exit(1);
  return 'again';
});

app.task('s.loaded', () => (globalThis as { settingModules?: readonly string[] }).settingModules ?? []);

app.task('s.about', { bind: true }, (ctx: TaskContext) => ({
  thread: process.pid,
  deliveryInfo: ctx.request.deliveryInfo,
  role: app.role,
}));

/** Sends a task to another queue. */
app.task('s.sends', async (queue: string) => (await app.sendTask('s.add', { args: [1, 2], queue })).id);

app.task('s.thread', () => threadId);

app.task('s.sleep', async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
});
