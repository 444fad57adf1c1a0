/** The pool of a worker: members that have loaded the app's tasks and agree on them. Host thread. */
import { openPool } from '../app/adapters.js';
import { AgreedTasks } from './agreed-tasks.js';
import type { PoolOptions } from '../ports/adapter.js';
import { systemClock } from '../kernel/clock.js';
import { ConfigError, type PoolError } from '../kernel/errors.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Pool, PoolCall, PoolHandlers, PoolJob, RetireCause } from '../ports/pool.js';
import type { Settings } from '../settings/table.js';
import { transferableSettings } from '../settings/transferable.js';
import { manifestDifference, type Manifest } from '../task/manifest.js';
import { isBuiltinTask } from '../task/builtin-tasks.js';
import type { MemberData } from '../task/member-program.js';
import { loadCustomPool } from './custom-pool.js';
import { GreenPool } from './green-pool.js';
import { prepareImports, refreshModule, type HostModule } from './host-module.js';
import { Epilogue } from './epilogues.js';
import { checkPoolName, isGreen, KIND_OF } from './pool-kind.js';
import { LossBurst } from './loss-burst.js';
import { poolNotices } from './pool-notices.js';
import { planTask, type TaskPlan } from './task-plan.js';
import { Request } from './request.js';

/** What an operator is to see of members that leave; a lost one has a line of its own. */
const LEVEL_OF: Readonly<Partial<Record<RetireCause, 'info' | 'warn' | 'error'>>> = {
  heap: 'warn',
  rss: 'warn',
  'abandoned-run': 'warn',
  interrupted: 'warn',
  poisoned: 'error',
  age: 'info',
};

export interface TaskPoolOptions {
  readonly host: HostModule;
  readonly settings: Settings;
  readonly hostname: string;
  /** Number of members. */
  readonly size: number;
  readonly logger: LeveledLogger;
  readonly onCall: (call: PoolCall) => void;
  readonly onRoom: () => void;
  /** Before each member starts. */
  readonly onSpawn: () => void;
  /** Members die as fast as they can be replaced: it makes no sense to go on. */
  readonly onCrashLoop: (error: PoolError) => void;
}

export interface TaskPool {
  readonly pool: Pool;
  /** By task name, sorted; others after a reload. */
  readonly plans: ReadonlyMap<string, TaskPlan>;
  /**
   * Replaces the members by ones that load the app module anew (WORK-58).
   * @throws PoolError, ConfigError when it cannot be loaded: the old members stay then.
   */
  readonly reload: () => Promise<void>;
}

/**
 * Resolves when every member is READY.
 * @throws PoolError, or ConfigError when there are no tasks or the members differ; no thread is left then.
 */
export async function openTaskPool(options: TaskPoolOptions): Promise<TaskPool> {
  const { host, settings, logger } = options;
  const burst = new LossBurst({
    clock: systemClock,
    perMember: settings.workerLossBurst,
    size: () => pool.snapshot().size,
    onBurst: options.onCrashLoop,
  });
  const agreed = new AgreedTasks();
  const pool: Pool = await openKind(options, {
    program: new URL('../task/member-program.js', import.meta.url),
    data: await memberData(options),
    size: options.size,
    maxJobsPerMember: settings.workerMaxTasksPerChild,
    maxHeapMb: settings.workerMaxHeapMb,
    maxMemoryPerMemberKib: settings.workerMaxMemoryPerChild,
    maxRssMb: settings.workerMaxRssMb,
    maxAgeMs: settings.workerMaxAgeMs,
    asyncPerMember: settings.workerAsyncPerMember,
    laneDepth: settings.workerLaneDepth,
    warmSpares: settings.workerWarmSpares,
    maxRetainedBytes: settings.workerMaxRetainedBytes,
    handlers: createHandlers(options, burst, agreed),
  });
  const manifests = (await pool.start(settings.workerProcAliveTimeout * 1_000)) as readonly Manifest[];
  try {
    const plans = planTasks(manifests, host, settings);
    agreed.agreeOn(manifests[0] as Manifest);
    for (const notice of poolNotices(pool.capabilities, settings, plans.values())) {
      logger.warn({ pool: pool.capabilities.kind }, notice);
    }
    const reload = async (): Promise<void> => {
      const fresh = await memberData({ ...options, host: await refreshModule(host) });
      const manifest = (await pool.renew(fresh)) as Manifest;
      // At once: those that follow it are loading already.
      agreed.agreeOn(manifest);
      replaceAll(plans, planTasks([manifest], host, settings));
    };
    return { pool, plans, reload };
  } catch (error) {
    await pool.close(0);
    throw error;
  }
}

/** The pool that `workerPool` names. @throws ConfigError for a name that is none, or a module that has no pool */
async function openKind({ host, settings }: TaskPoolOptions, options: PoolOptions): Promise<Pool> {
  const { workerPool: pool } = settings;
  if (isGreen(pool)) {
    // All in one member, as green threads are in one process: what a module keeps is there once.
    const { size: slots } = options;
    return new GreenPool(await openPool(KIND_OF[pool], { ...options, size: 1, asyncPerMember: slots }), {
      name: pool,
      slots,
    });
  }
  if (typeof pool === 'string') checkPoolName(pool);
  const kind = typeof pool === 'string' && pool in KIND_OF ? KIND_OF[pool as keyof typeof KIND_OF] : null;
  return openPool(kind ?? (await loadCustomPool(pool, host)), options);
}

async function memberData({ host, settings, hostname, logger }: TaskPoolOptions): Promise<MemberData> {
  return {
    moduleUrl: host.url.href,
    imports: await prepareImports(settings, host),
    app: host.app.main,
    hostname,
    // All that a member reads of them itself is plain data; functions and classes it has from the module.
    settings: transferableSettings(settings) as Settings,
    describesResults: logger.isLevelEnabled('info'),
  };
}

/** In place: those who read plans have the map. */
function replaceAll<K, V>(map: Map<K, V>, others: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of others) map.set(key, value);
}

function createHandlers(
  { onCall, onRoom, onSpawn, logger }: TaskPoolOptions,
  burst: LossBurst,
  agreed: AgreedTasks,
): PoolHandlers {
  return {
    onCall,
    onRoom,
    onSpawn,
    objectionTo: (manifest) => agreed.objectionTo(manifest as Manifest),
    onMemberLost: ({ index }, error) => {
      logger.error({ err: error, member: index }, `member ${String(index)} lost: ${error.message}`);
      burst.note(error);
    },
    onRetire: ({ index }, cause, detail) => {
      const level = LEVEL_OF[cause] ?? 'debug';
      logger[level]({ member: index, cause }, `member ${String(index)} is replaced (${cause}): ${detail}`);
    },
    onHeldBack: ({ index }, delayMs) => {
      const when = `the next one is tried in ${String(delayMs / 1_000)} s`;
      logger.error({ member: index, delayMs }, `member ${String(index)} came to nothing again and again; ${when}`);
    },
    onOutput: ({ index }, stream, text, job) => {
      // Celery's level for what tasks print (WORK-101): shown by default.
      logger.warn({ member: index, stream, ...taskFields(job) }, text.trimEnd());
    },
  };
}

/** Names the task in a line about what its run has printed. */
function taskFields(job: PoolJob | null): { readonly taskId?: string; readonly taskName?: string } {
  const request = job instanceof Epilogue ? job.ended.request : job;
  if (!(request instanceof Request)) return {};
  return { taskId: request.message.id, taskName: request.message.task };
}

function planTasks(
  manifests: readonly Manifest[],
  { sourceUrl }: HostModule,
  settings: Settings,
): Map<string, TaskPlan> {
  const [first, ...others] = manifests;
  if (first === undefined || first.tasks.every(({ name }) => isBuiltinTask(name))) {
    throw new ConfigError(`${sourceUrl.pathname} defines no tasks: add one with app.task(name, function)`);
  }
  for (const other of others) {
    const difference = manifestDifference(first, other);
    if (difference !== null) throw new ConfigError(`the members do not agree on the tasks: ${difference}`);
  }
  return new Map(first.tasks.map((task) => [task.name, planTask(task, settings)]));
}
