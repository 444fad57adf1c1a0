/** The app that hostile messages are sent to: each run of `hostile.run` is counted by the message's number. */
import { appendFileSync } from 'node:fs';
import { Celeriac } from '../../../core/app/public.js';

const url = process.env['HOSTILE_URL'] ?? 'memory://hostile';
const record = process.env['HOSTILE_RECORD'] ?? '';

export const app = new Celeriac('hostile', { brokerUrl: url, resultBackend: url });

export const run = app.task('hostile.run', { bind: true, typing: false }, (ctx) => {
  if (record !== '') appendFileSync(record, `${String(ctx.request.headers['x-hostile'])}\n`);
});

/** A good message: runs after each batch of bad ones. */
export const add = app.task('hostile.add', (a: number, b: number) => a + b);

/** Whether a message has got through to a prototype of the member that runs this. */
export const look = app.task('hostile.look', () => 'polluted' in {} || 'polluted' in []);
