/**
 * What a member tells its host of the tasks it knows, with READY: JSON data. Manifests of all members must agree, or the
 * worker refuses to start (design §4). null options are left to the host's settings.
 */
import type { ResolvedTaskOptions } from './task-options.js';
import type { TaskRegistry } from './task-registry.js';

export interface ManifestTask extends Pick<
  ResolvedTaskOptions,
  | 'params'
  | 'timeLimitSeconds'
  | 'softTimeLimitSeconds'
  | 'rateLimit'
  | 'concurrencyLimit'
  | 'acksLate'
  | 'acksOnFailure'
  | 'acksOnTimeout'
  | 'rejectOnWorkerLost'
  | 'ignoreResult'
  | 'trackStarted'
  | 'storeErrorsEvenIfIgnored'
  | 'sendEvents'
  | 'resultReprMaxChars'
  | 'maxRetries'
> {
  readonly name: string;
  /** Names of the errors that are expected (TASK-20). */
  readonly throws: readonly string[];
}

export interface Manifest {
  readonly app: string;
  readonly tasks: readonly ManifestTask[];
}

export function manifestOf(app: string, registry: TaskRegistry): Manifest {
  const tasks = [...registry].map(({ name, options }): ManifestTask => {
    const { params, timeLimitSeconds, softTimeLimitSeconds, rateLimit, acksLate, acksOnFailure, acksOnTimeout } =
      options;
    const { rejectOnWorkerLost, ignoreResult, trackStarted, storeErrorsEvenIfIgnored, sendEvents } = options;
    const { resultReprMaxChars, maxRetries, concurrencyLimit } = options;
    return {
      name,
      params,
      timeLimitSeconds,
      softTimeLimitSeconds,
      rateLimit,
      concurrencyLimit,
      acksLate,
      acksOnFailure,
      acksOnTimeout,
      rejectOnWorkerLost,
      ignoreResult,
      trackStarted,
      storeErrorsEvenIfIgnored,
      sendEvents,
      resultReprMaxChars,
      maxRetries,
      throws: options.throws.map((expected) => (typeof expected === 'string' ? expected : expected.name)),
    };
  });
  return { app, tasks: tasks.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** How two manifests differ, in words for the log; null when they agree. */
export function manifestDifference(a: Manifest, b: Manifest): string | null {
  const left = new Map(a.tasks.map((task) => [task.name, task]));
  const right = new Map(b.tasks.map((task) => [task.name, task]));
  const missing = [...left.keys()].filter((name) => !right.has(name));
  const added = [...right.keys()].filter((name) => !left.has(name));
  const changed = [...left].flatMap(([name, task]) => changedOptions(name, task, right.get(name)));
  const parts = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(added.length > 0 ? [`only there: ${added.join(', ')}`] : []),
    ...(changed.length > 0 ? [`different: ${changed.join(', ')}`] : []),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}

function changedOptions(name: string, a: ManifestTask, b: ManifestTask | undefined): readonly string[] {
  if (b === undefined) return [];
  const options = Object.keys(a) as (keyof ManifestTask)[];
  return options.filter((option) => JSON.stringify(a[option]) !== JSON.stringify(b[option])).map((o) => `${name}.${o}`);
}
