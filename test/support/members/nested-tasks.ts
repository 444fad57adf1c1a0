/** Tasks that wait for tasks of their own queue (BUG-26). Loaded by the test, the host and the members. */
import { Celeriac, type TaskContext } from '../../../core/app/public.js';

export const app = new Celeriac('nested', { brokerUrl: 'memory://nested', resultBackend: 'memory://nested' });

const WAIT = { timeoutMs: 60_000, disableSyncSubtasks: false };

/** Sends itself to the queue it came from until the depth is reached; the answer is the number of runs. */
export const dive = app.task(
  'nested.dive',
  { bind: true },
  async (ctx: TaskContext, depth: number): Promise<number> => {
    if (depth === 0) return 1;
    const queue = ctx.request.deliveryInfo?.routingKey ?? '';
    const child = await app.sendTask<number>('nested.dive', { args: [depth - 1], queue });
    return 1 + (await child.get(WAIT));
  },
);

/** Waits for a result that nobody makes. */
export const wait = app.task('nested.wait', (id: string) => app.asyncResult(id).get(WAIT));

export const add = app.task('nested.add', (a: number, b: number) => a + b);
