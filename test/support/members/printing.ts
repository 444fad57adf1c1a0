/** Tasks that print, for a worker in this process. */
import { Celeriac } from '../../../core/app/public.js';

const address = 'memory://printing';
export const app = new Celeriac('printing', {
  brokerUrl: address,
  resultBackend: address,
  workerAsyncPerMember: 10,
  setAsCurrent: false,
});

let waiting: (() => void)[] = [];

/** Prints before and after it has met `count` others of its kind in its member. */
export const meet = app.task('printing.meet', async (word: string, count: number) => {
  console.log(`${word} waits`);
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (waiting.length < count) return;
    for (const each of waiting) each();
    waiting = [];
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
  console.error(`${word} goes on`);
});
