/** A task module for tests that run in this process. */
import { Celeriac } from '../../../core/app/public.js';

export const app = new Celeriac('sample', { brokerUrl: 'memory://sample', resultBackend: 'memory://sample' });

export const repeat = app.task('sample.repeat', (text: string, times: number) => text.repeat(times));

export const fail = app.task('sample.fail', () => {
  throw new Error('on purpose');
});
