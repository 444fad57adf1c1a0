/** Tasks that run in the test itself, without threads. */
import assert from 'node:assert/strict';
import { threadId } from 'node:worker_threads';
import { describe, it } from 'node:test';
import { RemoteTaskError, signals, State } from '../../../core/app/public.js';
import { createTestApp, startTestWorker, waitForSignal } from '../../../testing/public.js';
import { app, fail, greet, greetAll, heard, hooked, insist } from '../../support/members/greeting-tasks.js';
import { openHandles } from '../../support/open-handles.js';

describe('inline', { timeout: 20_000 }, () => {
  it('a call resolves when its task has ended in this thread, and its result is read by its id', async () => {
    await using inline = createTestApp({ inline: true });
    const threads: number[] = [];
    const add = inline.task('add', (a: number, b: number) => {
      threads.push(threadId);
      return a + b;
    });
    const result = await add.delay(2, 3);
    assert.deepEqual(threads, [threadId]);
    assert.equal(await result.get({ timeoutMs: 0 }), 5);
    assert.equal(await inline.asyncResult(result.id).get({ timeoutMs: 0 }), 5);
    const byName = await inline.sendTask<number>('add', { args: [4, 5], countdown: 3_600 });
    assert.equal(await byName.get({ timeoutMs: 0 }), 9);
    assert.deepEqual(
      inline.outbox.of(add).map(({ args }) => args),
      [
        [2, 3],
        [4, 5],
      ],
    );
  });

  it('an app of a program, its hooks, retries, errors and children', async () => {
    const before = openHandles();
    {
      await using worker = await startTestWorker({ app, inline: true });
      assert.deepEqual(worker.taskNames, [
        'greeting.fail',
        'greeting.greet',
        'greeting.greetAll',
        'greeting.hooked',
        'greeting.insist',
      ]);
      assert.equal(await (await insist.delay()).get({ timeoutMs: 0 }), 2);
      const success = waitForSignal(signals.taskSuccess, { sender: 'greeting.hooked' });
      await worker.received(await hooked.delay());
      assert.equal((await success).result, 'done');
      assert.deepEqual(heard, ['success done']);
      const failed = await fail.delay();
      assert.equal(await failed.state(), State.FAILURE);
      await assert.rejects(
        failed.get(),
        (error) => error instanceof RemoteTaskError && /no greeting/.test(error.message),
      );
      const [ada = '', bob = ''] = await (await greetAll.delay(['Ada', 'Bob'])).get({ timeoutMs: 0 });
      assert.equal(await app.asyncResult(ada).get({ timeoutMs: 0 }), 'hello Ada');
      assert.equal(await app.asyncResult(bob).get({ timeoutMs: 0 }), 'hello Bob');
      assert.deepEqual(
        worker.outbox.of(greet).map(({ headers }) => headers['parent_id']),
        worker.outbox.of(greetAll).flatMap(({ id }) => [id, id]),
      );
      const other = await app.sendTask('elsewhere.task');
      assert.equal(await other.state(), State.PENDING);
    }
    assert.deepEqual(openHandles(), before);
    const later = await greet.delay('nobody');
    assert.equal(await later.state(), State.PENDING);
    await app.close();
  });

  it('what follows a task runs too', async () => {
    await using inline = createTestApp({ inline: true });
    const double = inline.task('double', (value: number) => 2 * value);
    const seen: number[] = [];
    const note = inline.task('note', (value: number) => {
      seen.push(value);
    });
    await double.applyAsync({ args: [21], link: note.s() });
    assert.deepEqual(seen, [42]);
    assert.deepEqual(inline.outbox.only(double).callbacks, ['note']);
  });
});
