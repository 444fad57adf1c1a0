/** Tasks for the tests of revoking. */
import { Celeriac } from '../../../core/app/celeriac.js';

export const app = new Celeriac('revoke-tests');

export const add = app.task('revoke.add', (a: number, b: number) => a + b);

/** Ends only when it is ended. */
export const hold = app.task('revoke.hold', { trackStarted: true }, () => new Promise<never>(() => undefined));
