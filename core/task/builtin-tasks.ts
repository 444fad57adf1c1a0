/**
 * Tasks that every worker has, by Celery's names (TASK-77), so that Python programs find them. Registered in members
 * before their manifest; a task of the application with such a name stands above it.
 */
import type { Outlet } from './outlet.js';
import { resolveTaskOptions } from './resolve-task-options.js';
import type { TaskContext } from './task-context.js';
import type { TaskDefinition, TaskRegistry } from './task-registry.js';

/** The arguments, or the one at `index`: ends chains that replace a task by a group. */
function accumulate({ request }: TaskContext): unknown {
  const { index } = request.kwargs;
  return typeof index === 'number' ? request.args.at(index) : request.args;
}

function chain(): never {
  throw new Error('celery.chain is not a task: chains are sent step by step');
}

/** Expired results of stores that do not remove them by themselves (BKE-29); Celery's beat sends it once a day. */
function cleanup(outlet: CleanUp): TaskDefinition['run'] {
  return async () => {
    await outlet.cleanUpResults();
    return null;
  };
}

type CleanUp = Pick<Outlet, 'cleanUpResults'>;

/** Whether it is one of Celery's own names, which lists of an application's tasks leave out. */
export function isBuiltinTask(name: string): boolean {
  return name.startsWith('celery.');
}

export function registerBuiltinTasks(registry: TaskRegistry, outlet: CleanUp): void {
  const builtins: readonly (readonly [name: string, run: TaskDefinition['run']])[] = [
    ['celery.ping', () => 'pong'],
    ['celery.accumulate', accumulate],
    ['celery.chain', chain],
    ['celery.backend_cleanup', cleanup(outlet)],
  ];
  for (const [name, run] of builtins) {
    if (registry.find(name) !== null) continue;
    registry.register({ name, options: resolveTaskOptions(name, { typing: false, bind: true }), run });
  }
}
