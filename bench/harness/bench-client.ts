/** The client of the broker cases: the task module loaded in this process for one database. */
import type * as BenchTasks from '../programs/bench-tasks.js';
import type { BenchDatabase } from './worker-process.js';

let count = 0;

/** A copy of the task module of its own, since each database needs an app of its own. */
export async function loadBenchTasks(database: BenchDatabase): Promise<typeof BenchTasks> {
  process.env['BENCH_DATABASE'] = database.url;
  const url = new URL(`../programs/bench-tasks.js?copy=${String(++count)}`, import.meta.url);
  return (await import(url.href)) as typeof BenchTasks;
}
