/** CALL-45: the states of a task on its way. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TestWorker } from '../../testing/public.js';
import { app, watch, watched } from '../support/members/result-tasks.js';
import { ResultWriter } from '../support/result-writer.js';

const module = new URL('../support/members/result-tasks.js', import.meta.url);

describe('the states of a task on its way', { timeout: 60_000 }, () => {
  let worker: TestWorker;
  before(async () => {
    worker = await TestWorker.start({ app, module, concurrency: 2 });
  });
  after(() => worker.close());

  test('CALL-45: onMessage and the loop over updates() receive the states that the task stores, in a task too', async () => {
    const write = new ResultWriter(await app.connections.backend());
    const result = await watched.delay('gate');
    const inTask = await watch.delay(result.id);
    for await (const { state } of inTask.updates({ timeoutMs: 20_000 })) if (state === 'WATCHING') break;
    const told: unknown[] = [];
    const got = result.get({ timeoutMs: 20_000, onMessage: ({ state, result: info }) => told.push([state, info]) });
    const seen: unknown[] = [];
    for await (const { state, result: info } of result.updates({ timeoutMs: 20_000 })) {
      seen.push([state, info]);
      // The task goes on when its progress has been seen.
      if (state === 'PROGRESS') await write.succeed(`gate-${String((info as { done: number }).done)}`, null);
    }
    const expected = [
      ['PROGRESS', { done: 1 }],
      ['PROGRESS', { done: 2 }],
      ['SUCCESS', 'done'],
    ];
    assert.equal(await got, 'done');
    assert.deepStrictEqual(seen, expected);
    assert.deepStrictEqual(told.at(-1), expected.at(-1));
    assert.ok(told.length >= 2);
    const states = await inTask.get({ timeoutMs: 20_000 });
    assert.deepStrictEqual([states[0], states.at(-1)], ['PROGRESS', 'SUCCESS']);
  });
});
