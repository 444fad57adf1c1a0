/** MIS-30: which number goes first, and that a window once filled keeps its order. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Celeriac } from '../../core/app/public.js';
import type { Delivery } from '../../core/ports/transport.js';

const app = new Celeriac('priorities', { brokerUrl: 'memory://priorities' });
after(() => app.close());

test('MIS-30: a higher number goes first, as on RabbitMQ; what a worker holds already is not overtaken', async () => {
  for (const priority of [1, 9, 5]) await app.sendTask('t', { taskId: `p${String(priority)}`, priority });
  const transport = await app.connections.transport();
  const received: string[] = [];
  let wake = (): void => undefined;
  const consumer = await transport.consume({
    queues: ['celery'],
    prefetchCount: 2,
    onLost: () => undefined,
    onDeliveries: (batch: readonly Delivery[]) => {
      received.push(...batch.map(({ headers }) => headers.table['id'] as string));
      held.push(...batch);
      wake();
    },
  });
  const held: Delivery[] = [];
  const until = async (count: number): Promise<void> => {
    while (received.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  await until(2);
  assert.deepStrictEqual(received, ['p9', 'p5']);
  await app.sendTask('t', { taskId: 'late', priority: 9 });
  await consumer.settle(held.splice(0).map(({ tag }) => ({ action: 'ack', tag })));
  await until(4);
  assert.deepStrictEqual(received, ['p9', 'p5', 'late', 'p1']);
  await consumer.close();
});
