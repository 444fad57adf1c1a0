/** Tasks for the tests of time limits: each ignores, sees or outlives its limit in another way. */
import { BroadcastChannel } from 'node:worker_threads';
import { Celeriac, SoftTimeLimitExceeded, signals, type TaskContext } from '../../../core/app/public.js';

const address = 'memory://limit-tasks';
export const app = new Celeriac('limit', { brokerUrl: address, resultBackend: address });

const channel = new BroadcastChannel('celeriac-limit-tasks');
channel.unref();

/** Tells the process of the test what happens to a task. */
function say(id: string | null, word: string): void {
  channel.postMessage([id, word]);
}

function spin(): never {
  for (;;);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Well above what the tests set. */
const HARD = { timeLimit: 20 };
const SOFT = { softTimeLimit: 0.1, ...HARD };

const hooks = (name: string) => ({
  onFailure: (error: unknown, id: string) => {
    say(id, `${name} onFailure ${(error as Error).name}`);
  },
  afterReturn: (state: string, _value: unknown, id: string) => {
    say(id, `${name} afterReturn ${state}`);
  },
});

export const echo = app.task('limit.echo', (value: unknown) => value);
export const plain = app.task('limit.plain', { bind: true }, async (ctx, ms: number) => {
  say(ctx.request.id, 'started');
  await later(ms);
  return 'in time';
});
export const spins = app.task('limit.spins', { ...SOFT, bind: true, ...hooks('spins') }, (ctx) => {
  say(ctx.request.id, 'started');
  spin();
});
export const polls = app.task('limit.polls', { ...SOFT, bind: true }, (ctx) => {
  while (!ctx.signal.aborted);
  return (ctx.signal.reason as Error).name;
});
export const catches = app.task('limit.catches', { ...SOFT, bind: true }, async ({ signal }) => {
  try {
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
    return 'no limit';
  } catch (error) {
    return `caught ${(error as Error).name}`;
  }
});
export const passesOn = app.task('limit.passesOn', { ...SOFT, bind: true }, async ({ signal }) => {
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
});
export const retries = app.task(
  'limit.retries',
  { ...SOFT, bind: true, autoretryFor: [SoftTimeLimitExceeded], retryKwargs: { countdown: 0 } },
  (ctx) => (ctx.request.retries === 0 ? spin() : `run ${String(ctx.request.retries)}`),
);
export const stuck = app.task('limit.stuck', { timeLimit: 0.3, bind: true, ...hooks('stuck') }, (ctx) => {
  say(ctx.request.id, `started ${String(ctx.request.retries)}`);
  spin();
});
export const waits = app.task('limit.waits', { timeLimit: 0.3, bind: true, ...hooks('waits') }, async (ctx) => {
  say(ctx.request.id, 'started');
  await later(20_000);
});
/** Rejects when it has long been given up. */
export const rejectsLate = app.task('limit.rejectsLate', { timeLimit: 0.2 }, async () => {
  await later(500);
  throw new RangeError('too late');
});

/** Our own code on the stack when the limit strikes. */
const talk: Readonly<Record<string, (ctx: TaskContext, turn: number) => void>> = {
  updateState: (ctx, turn) => void ctx.updateState('PROGRESS', { turn }),
  logger: (ctx, turn) => {
    ctx.logger.info({ turn }, 'still here');
  },
  delay: (_ctx, turn) => void (turn < 2_000 ? echo.applyAsync({ args: [turn], queue: 'limit-children' }) : null),
};
export const talks = app.task('limit.talks', { ...SOFT, bind: true }, (ctx, how: string) => {
  const speak = talk[how];
  for (let turn = 0; ; turn++) speak?.(ctx, turn);
});

signals.taskFailure.connect(({ taskId, exception }) => {
  say(taskId, `task_failure ${(exception as Error).name}`);
});
