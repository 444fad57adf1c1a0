/** A task for tests of several workers on one broker: it says which of them runs it. */
import { BroadcastChannel } from 'node:worker_threads';
import { Broadcast, Celeriac, Queue } from '../../../core/app/public.js';

export const CROWD_CHANNEL = 'celeriac-crowd';

export const app = new Celeriac('crowd', {
  taskQueues: [new Queue('celery'), new Queue('images'), new Broadcast('news')],
  setAsCurrent: false,
});

const channel = new BroadcastChannel(CROWD_CHANNEL);
channel.unref();

export const hear = app.task('crowd.hear', { bind: true, ignoreResult: true }, (ctx, word: string) => {
  channel.postMessage([word, ctx.request.hostname]);
});
