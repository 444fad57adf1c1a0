/** Task module of cases in which client and worker are one process. */
import { Celeriac } from '../../core/app/public.js';

export const app = new Celeriac('bench', { brokerUrl: 'memory://', resultBackend: 'memory://' });

export const increment = app.task('bench.increment', (n: number) => n + 1);
