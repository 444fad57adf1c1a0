/** A module that has other tasks in each thread and process that loads it: no worker may start with it. */
import { threadId } from 'node:worker_threads';
import { Celeriac } from '../../../core/app/public.js';

export const app = new Celeriac('unlike', { brokerUrl: 'memory://unlike' });

app.task('unlike.common', () => 1);
app.task(`unlike.only-${String(process.pid)}-${String(threadId)}`, () => 2);
