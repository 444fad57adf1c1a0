/** Tasks that end their member, and one that does not, for a worker in this process. */
import { Celeriac } from '../../../core/app/public.js';

export const app = new Celeriac('dying', { brokerUrl: 'memory://dying', resultBackend: 'memory://dying' });

export const live = app.task('dying.live', (n: number) => n);

export const exit = app.task('dying.exit', () => {
  process.exit(7);
});

export const hog = app.task('dying.hog', { timeLimit: 0.2 }, () => {
  for (;;);
});

export const fill = app.task('dying.fill', () => {
  // A list in links: an array that grows asks for more at once than V8 has left to say so, and aborts the process (T5).
  let last: unknown = null;
  for (;;) last = { last, list: [1, 2, 3] };
});

export const throwLater = app.task('dying.throw-later', async () => {
  setImmediate(() => {
    throw new Error('outside of the task');
  });
  await new Promise(() => setInterval(() => undefined, 1_000));
});
