/** A module that has other tasks in each thread and process that loads it: no worker may have two members with it. */
import { threadId } from 'node:worker_threads';
import { Celeriac } from '../../../core/app/public.js';

export const app = new Celeriac('unlike', { brokerUrl: 'memory://unlike' });

export const exit = app.task('unlike.exit', () => process.exit(7));
app.task(`unlike.only-${String(process.pid)}-${String(threadId)}`, () => 2);
