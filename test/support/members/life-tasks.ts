/** Tasks for the tests of an app's life: each tells what its member knows. */
import { Celeriac, currentTask, sharedTask } from '../../../core/app/public.js';

const heard: string[] = [];

/** What the loader of this thread was told. */
export const moments: string[] = [];

export const app = new Celeriac('life-tasks', {
  loader: {
    onTaskInit: (taskId, task) => void moments.push(`init ${taskId} ${Reflect.get(task, 'taskName') as string}`),
    onProcessCleanup: () => void moments.push('cleanup'),
    onWorkerInit: () => void moments.push('worker'),
    onWorkerShutdown: () => void moments.push('shutdown'),
    onWorkerProcessInit: () => void moments.push('process'),
  },
});

export const told = app.task('life.told', () => moments);

app.lifecycle.onAfterFork.connect(() => void heard.push('fork'));

export const shared = sharedTask('life.shared', (n: number) => n * 2);

export const current = app.task('life.current', () => currentTask()?.request.id ?? null);

export const hooks = app.task('life.hooks', () => heard);

export const names = app.task('life.names', () => app.tasks.names());

/** Calls a task that only members have, of a package that is found when a worker starts. */
export const discovered = app.task('life.discovered', () =>
  app.tasks.find('life.found') === null ? 'missing' : 'discovered',
);

void app.autodiscoverTasks(['./life-package'], { relatedName: 'found-tasks' });
