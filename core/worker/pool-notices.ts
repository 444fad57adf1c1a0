/**
 * What was asked of the pool and cannot be had of its kind, said once at the start (BUG-29): Celery passes over it in
 * silence. By the pool's capabilities, so that it holds for pools that users bring along. Host thread.
 */
import type { PoolOptions } from '../ports/adapter.js';
import type { PoolCapabilities } from '../ports/pool.js';
import { settingsTable, type SettingName, type Settings } from '../settings/table.js';
import type { TaskPlan } from './task-plan.js';

/** Option of a pool → setting. */
const SETTING_OF: Readonly<Partial<Record<keyof PoolOptions, SettingName>>> = {
  maxJobsPerMember: 'workerMaxTasksPerChild',
  maxHeapMb: 'workerMaxHeapMb',
  maxMemoryPerMemberKib: 'workerMaxMemoryPerChild',
  maxRssMb: 'workerMaxRssMb',
  maxAgeMs: 'workerMaxAgeMs',
  asyncPerMember: 'workerAsyncPerMember',
  laneDepth: 'workerLaneDepth',
  warmSpares: 'workerWarmSpares',
  maxRetainedBytes: 'workerMaxRetainedBytes',
};

/** What only a pool with members that can be replaced has a use for. */
const OF_MEMBERS: readonly SettingName[] = [
  'workerMaxTasksPerChild',
  'workerMaxMemoryPerChild',
  'workerMaxRssMb',
  'workerMaxAgeMs',
  'workerWarmSpares',
  'workerAutoscaleMax',
];

/** One sentence each; none when the pool can do all that is wanted. */
export function poolNotices(
  capabilities: PoolCapabilities,
  settings: Settings,
  plans: Iterable<TaskPlan>,
): readonly string[] {
  const { kind, endsComputations, interruptsComputations, replacesMembers, hasFixedSize, ignores = [] } = capabilities;
  const ignored = ignores.map((option) => SETTING_OF[option as keyof PoolOptions]);
  const scaling: readonly SettingName[] = hasFixedSize === true ? ['workerAutoscaleMax'] : [];
  const idle = [...(replacesMembers ? scaling : OF_MEMBERS), ...ignored].filter(
    (name): name is SettingName => name !== undefined && isSet(settings, name),
  );
  const limited = [...plans];
  const hasHard = limited.some(({ limits }) => limits.timeLimitSeconds !== null);
  const hasSoft = limited.some(({ limits }) => limits.softTimeLimitSeconds !== null);
  const notices: string[] = [];
  if (idle.length > 0) notices.push(`no effect with the pool "${kind}": ${[...new Set(idle)].join(', ')}`);
  if (hasHard && !endsComputations) {
    notices.push(`with the pool "${kind}" a time limit ends only what awaits a promise, never code that computes`);
  }
  if (hasSoft && !interruptsComputations) {
    notices.push(`with the pool "${kind}" a soft time limit is seen only by tasks that look at their signal`);
  }
  if (!replacesMembers && (settings.workerConcurrency ?? 1) > 1) {
    notices.push(`with the pool "${kind}" the concurrency is 1, not ${String(settings.workerConcurrency)}`);
  }
  return notices;
}

/** Whether it is something else than its default. */
function isSet(settings: Settings, name: SettingName): boolean {
  const { safe, compat } = settingsTable[name];
  return settings[name] !== safe && settings[name] !== compat;
}
