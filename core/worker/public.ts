/** Package entry `celeriac/worker`: a worker inside another program. */
export { Worker, type RevokeOptions, type StopOptions, type WorkerCloseOptions } from './worker.js';
export type { RequestInfo, ScheduledInfo } from './request-info.js';
export type { TaskInfo, WorkerStats } from './inspection.js';
export type { StampedHeaders } from './revoked-tasks.js';
export type { WorkerState } from './worker-state.js';
export type { WorkerOptions } from './worker-options.js';
export type { Health } from './metrics/health.js';
export { MetricRegistry } from '../metrics/metric-registry.js';
export { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../metrics/prometheus-text.js';
export { CrashGuard, type CrashGuardOptions } from './crashes/crash-guard.js';
export type { JournalEntry } from './crashes/journal-record.js';
export { readJournalFile } from './crashes/run-journal.js';
export { DEATH_HEADER, type DeathCertificate, type DeathReason } from './dead-letter.js';
export {
  Autoscaler,
  type AutoscaleRange,
  type AutoscalerInfo,
  type AutoscalerOptions,
  type Autoscaling,
} from './autoscaler.js';
export type { LeveledLogger, LogLevel, Logger } from '../ports/logger.js';
