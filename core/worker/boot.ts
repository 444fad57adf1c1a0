/**
 * The first steps of a worker, in Celery's order (WORK-02), each with its signal: the app module is loaded, settings may
 * still be changed (`celerydInit`), the worker exists (`workerInit`), modules are announced (`importModules`), queues are
 * final (`celerydAfterSetup`). The pool and the consumer follow. Host thread.
 */
import type { Celeriac } from '../app/celeriac.js';
import { QueueTable, workerDirect } from '../app/queue-table.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Settings, SettingsInput } from '../settings/table.js';
import { signals } from '../task/signal-table.js';
import { effectiveSettings, type WorkerOptions } from './worker-options.js';

/** The settings of a worker, after what receivers of `celerydInit` have changed in `conf`. @throws ConfigError */
export async function settleSettings(
  app: Celeriac,
  {
    options,
    hostname,
    instance,
  }: { readonly options: WorkerOptions; readonly hostname: string; readonly instance: object },
): Promise<Settings> {
  const settings = effectiveSettings(app, options);
  if (!signals.celerydInit.hasListeners) return settings;
  const conf: Record<string, unknown> = { ...settings };
  await signals.celerydInit.sendAsync(hostname, { instance, conf, options });
  const before: Readonly<Record<string, unknown>> = settings;
  const changed = Object.fromEntries(Object.entries(conf).filter(([name, value]) => value !== before[name]));
  const { concurrency, ...others } = options;
  const above: SettingsInput = { ...others.settings, ...changed };
  const isConcurrencySaid = concurrency !== undefined && !('workerConcurrency' in changed);
  return effectiveSettings(app, { ...others, settings: above, ...(isConcurrencySaid ? { concurrency } : {}) });
}

/** What this worker consumes: `-Q` instead of all, without `-X`, and its own queue with `workerDirect`. @throws ConfigError */
export function selectQueues(settings: Settings, options: WorkerOptions, hostname: string): QueueTable {
  const table = new QueueTable(settings);
  table.renewBroadcasts();
  if (options.queues !== undefined && options.queues.length > 0) table.select(options.queues);
  if (options.excludeQueues !== undefined && options.excludeQueues.length > 0) table.deselect(options.excludeQueues);
  if (settings.workerDirect) {
    const consumed = table.consumed.map(({ queue }) => queue.alias);
    const own = table.add(workerDirect(hostname));
    table.select([...consumed, own.alias]);
  }
  return table;
}

/** Celery's warning; a worker of ours never unpickles, so it does not refuse (WORK-06). */
export function warnOfRoot(logger: LeveledLogger): void {
  if (process.getuid?.() !== 0) return;
  logger.warn({ uid: 0 }, 'the worker runs as root: whatever a task may do, it may do');
}

/** Tells of each step that has no other sign. */
export async function announceBoot(
  app: Celeriac,
  worker: { readonly hostname: string; readonly settings: Settings },
): Promise<void> {
  if (signals.workerInit.hasListeners) await signals.workerInit.sendAsync(worker, {});
  if (signals.importModules.hasListeners) await signals.importModules.sendAsync(app, {});
  if (signals.celerydAfterSetup.hasListeners) {
    await signals.celerydAfterSetup.sendAsync(worker.hostname, { instance: worker, conf: worker.settings });
  }
}
