/** What is often misunderstood of results: MIS-15, 16, 17, 35, 41. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Celeriac, TimeoutError } from '../../core/app/public.js';
import { TestWorker } from '../../testing/public.js';
import { add, app, fail, gated, join, tracked, watched } from '../support/members/result-tasks.js';
import { onEachBackend } from '../support/result-apps.js';
import { ResultWriter } from '../support/result-writer.js';

const module = new URL('../support/members/result-tasks.js', import.meta.url);
const WAIT = { timeoutMs: 20_000 };

describe('what is often misunderstood of results', { timeout: 60_000 }, () => {
  let worker: TestWorker;
  let write: ResultWriter;
  before(async () => {
    worker = await TestWorker.start({ app, module, concurrency: 3 });
    write = new ResultWriter(await app.connections.backend());
  });
  after(() => worker.close());

  test('MIS-15: without propagate the error is the value; only waits inside tasks are refused; a timeout ends no task', async () => {
    const error = await (await fail.delay('no')).get({ ...WAIT, propagate: false });
    assert.ok((error as unknown) instanceof Error);
    assert.equal((error as unknown as Error).message, 'no');
    // Here, outside of a task, nothing is refused; the task itself is.
    assert.equal(await (await add.delay(1, 1)).get({ ...WAIT, disableSyncSubtasks: true }), 2);
    await assert.rejects((await join.delay('plain')).get(WAIT), /inside a task/);
    const result = await gated.delay('late');
    await assert.rejects(result.get({ timeoutMs: 20 }), TimeoutError);
    await write.succeed('late', 'all the same');
    assert.equal(await result.get(WAIT), 'all the same');
  });

  test('MIS-16: an id that nobody knows and a task that was never sent or is lost are PENDING, all alike', () =>
    onEachBackend(async ({ app: reader, write: other }) => {
      await other.succeed('forgotten', 1);
      await reader.asyncResult('forgotten').forget();
      const lost = await reader.sendTask('results.nobody');
      for (const id of ['never sent', 'forgotten', lost.id]) {
        const result = reader.asyncResult(id);
        assert.deepStrictEqual(
          [await result.state(), await result.ready(), await result.info()],
          ['PENDING', false, null],
        );
        await assert.rejects(result.get({ timeoutMs: 10 }), TimeoutError);
      }
    }));

  test('MIS-17: STARTED is stored only where it is tracked, not for ignored tasks, and later states replace it', async () => {
    const followed = await tracked.delay('go');
    for await (const { state } of followed.updates(WAIT)) {
      assert.equal(state, 'STARTED');
      break;
    }
    const ignored = await tracked.applyAsync({ args: ['go'], ignoreResult: true });
    const plain = await watched.delay('step');
    for await (const { state } of plain.updates(WAIT)) {
      // Its first state is its own, and by now the one before it runs as well.
      assert.equal(state, 'PROGRESS');
      break;
    }
    assert.equal(await app.asyncResult(ignored.id).state(), 'PENDING');
    for (const gate of ['go', 'step-1', 'step-2']) await write.succeed(gate, 'end');
    assert.equal(await followed.get(WAIT), 'end');
    assert.equal(await app.asyncResult(followed.id).state(), 'SUCCESS');
    assert.equal(await plain.get(WAIT), 'done');
  });

  test('MIS-35: a result expires by the time of its storing, however often it is read', async () => {
    const settings = { brokerUrl: 'memory://', resultBackend: 'memory://read-often', resultExpires: 0.1 };
    await using reader = new Celeriac('results', settings);
    const other = new ResultWriter(await reader.connections.backend());
    await other.succeed('t', 1);
    let reads = 0;
    // If a read kept it alive this would not end before the timeout of the test.
    while (await reader.asyncResult('t').exists()) {
      reads++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(reads > 1);
  });

  test('MIS-41: an id that is used again overwrites the stored result unless that is a SUCCESS', async () => {
    const taskId = 'used-again';
    await (await fail.applyAsync({ args: ['first'], taskId })).get({ ...WAIT, propagate: false });
    assert.equal(await app.asyncResult(taskId).state(), 'FAILURE');
    await add.applyAsync({ args: [1, 2], taskId });
    // No wait but this: a handle takes the FAILURE for the end.
    while ((await app.asyncResult(taskId).state()) !== 'SUCCESS') await new Promise((resolve) => setImmediate(resolve));
    await fail.applyAsync({ args: ['again'], taskId });
    // Whatever a member does with it, it has done by the time that later ones of each member are through.
    for (let i = 0; i < 20; i++) await (await add.delay(i, 1)).get(WAIT);
    assert.equal(await app.asyncResult(taskId).get(), 3);
  });
});
