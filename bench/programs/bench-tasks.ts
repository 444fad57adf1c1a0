/** Task module of the broker cases; the database comes from the environment of client and worker. */
import { Celeriac } from '../../core/app/public.js';

const database = process.env['BENCH_DATABASE'] ?? 'sqlite://./bench.db';

export const app = new Celeriac('bench', { brokerUrl: database, resultBackend: database });

export const increment = app.task('bench.increment', (n: number) => n + 1);

/** Monotonic clock of the machine in ms, the same in every process of it. */
export const startedAt = app.task('bench.started-at', () => Number(process.hrtime.bigint()) / 1e6);
