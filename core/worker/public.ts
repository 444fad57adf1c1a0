/** Package entry `celeriac/worker`: a worker inside another program. */
export { Worker, type WorkerCloseOptions } from './worker.js';
export type { WorkerState } from './worker-state.js';
export type { WorkerOptions } from './worker-options.js';
export { DEATH_HEADER, type DeathCertificate, type DeathReason } from './dead-letter.js';
export type { LeveledLogger, LogLevel, Logger } from '../ports/logger.js';
