/** Tasks that do not get to speak of their own end, whose hooks, signals and errbacks write it into a file. */
import { appendFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { Celeriac, signals, type TaskContext } from '../../../core/app/public.js';

export const app = new Celeriac('told', { brokerUrl: 'memory://told', resultBackend: 'memory://told' });

/** The file of a call is its first argument; that of the errback is an id. */
function write([file]: readonly unknown[], ...words: readonly unknown[]): void {
  if (typeof file === 'string' && isAbsolute(file)) appendFileSync(file, `${words.join(' ')}\n`);
}

const hooks = {
  onFailure: (error: unknown, id: string, args: readonly unknown[]): void => {
    write(args, 'onFailure', (error as Error).name, id);
  },
  afterReturn: (status: string, _value: unknown, id: string, args: readonly unknown[]): void => {
    write(args, 'afterReturn', status, id);
  },
};

signals.taskFailure.connect(({ args, exception }) => {
  write(args, 'taskFailure', (exception as Error).name);
});
signals.taskPostrun.connect(({ args, state }) => {
  write(args, 'taskPostrun', state);
});

export const exit = app.task('told.exit', { bind: true, ...hooks }, (ctx: TaskContext, file: string) => {
  write([file], 'run', ctx.request.deliveryInfo?.deliveryCount);
  process.exit(7);
});

export const hog = app.task('told.hog', { timeLimit: 0.3, ...hooks }, (file: string) => {
  write([file], 'run');
  for (;;);
});

/** Its hook ends whatever member runs it. */
export const poison = app.task(
  'told.poison',
  {
    onFailure: (_error: unknown, _id: string, args: readonly unknown[]): never => {
      write(args, 'onFailure');
      process.exit(8);
    },
  },
  (file: string) => {
    write([file], 'run');
    process.exit(7);
  },
);

/** Runs as a task of its own, with the id of the one that has failed. */
export const errback = app.task('told.errback', { params: ['id'] }, (id: string) => id);
