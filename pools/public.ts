/** Package entry `celeriac/pools`: the thread pool as a product of its own. */
export { ThreadPool, type ThreadPoolEvents } from './thread-pool.js';
export type { RunOptions, ThreadPoolOptions } from './thread-pool-options.js';
export { transfer, type Transferred } from './transferred.js';
export type { RunContext } from './thread/member/function-program.js';
export {
  PoolError,
  SoftTimeLimitExceeded,
  TerminatedError,
  TimeLimitExceeded,
  WorkerLostError,
} from '../core/kernel/errors.js';
/** The worker's pool of threads, for pools of users that stand around it (`-P ./my-pool.js`). */
export { createPool as createThreadsPool } from './thread/adapter.js';
