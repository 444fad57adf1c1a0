/** A test worker as somebody who writes tasks uses it: on threads. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Celeriac, ConfigError, signals, TimeoutError } from '../../../core/app/public.js';
import { createTestApp, startTestWorker, TestWorker, waitForSignal } from '../../../testing/public.js';
import { app as greetings, greet } from '../../support/members/greeting-tasks.js';
import { app, fail, repeat } from '../../support/members/sample-tasks.js';
import { openHandles } from '../../support/open-handles.js';

const module = new URL('../../support/members/sample-tasks.js', import.meta.url);

describe('TestWorker', { timeout: 60_000 }, () => {
  afterEach(() => app.close());

  it('runs what the test sends with the app it has imported, in memory, and leaves nothing open', async () => {
    const before = openHandles();
    {
      await using worker = await startTestWorker({ app });
      assert.deepEqual(worker.taskNames, ['sample.fail', 'sample.repeat']);
      assert.equal(worker.worker?.concurrency, 1);
      assert.equal(await (await repeat.delay('ab', 3)).get({ timeoutMs: 20_000 }), 'ababab');
      await assert.rejects((await fail.delay()).get({ timeoutMs: 20_000 }), /on purpose/);
      assert.deepEqual(
        worker.outbox.messages.map(({ task }) => task),
        ['sample.repeat', 'sample.fail'],
      );
      const receiving = await repeat.delay('a', 1);
      await worker.received(receiving);
      await worker.received(receiving.id);
      await assert.rejects(worker.received('nobody', { timeoutMs: 1 }), TimeoutError);
    }
    assert.deepEqual(openHandles(), before);
  });

  it('is one for an app at a time, and another one may follow', async () => {
    const first = await TestWorker.start({ app, module });
    await assert.rejects(TestWorker.start({ app, module }), /has a test worker already/);
    await first.close();
    await first.close();
    await using second = await TestWorker.start({ app, module, performPingCheck: false });
    assert.equal(await (await repeat.delay('a', 2)).get({ timeoutMs: 20_000 }), 'aa');
    assert.equal(second.app, app);
  });

  it('never goes where the environment points', async () => {
    process.env['CELERY_BROKER_URL'] = 'sqlite:///nowhere/else.db';
    try {
      await using worker = await startTestWorker({ app: greetings });
      assert.match(worker.worker?.brokerAddress ?? '', /^memory:\/\/test-/);
      assert.equal(await (await greet.delay('Ada')).get({ timeoutMs: 20_000 }), 'hello Ada');
    } finally {
      delete process.env['CELERY_BROKER_URL'];
    }
  });

  it('comes too late for an app that has sent something elsewhere', async () => {
    await using busy = new Celeriac('busy', { brokerUrl: 'memory://busy', resultBackend: 'memory://busy' });
    await busy.sendTask('busy.task');
    await assert.rejects(startTestWorker({ app: busy, module }), ConfigError);
  });

  it('refuses to load the test into its threads, and says what to do', async () => {
    await using here = createTestApp();
    await assert.rejects(startTestWorker({ app: here }), /inline: true/);
  });

  it('fails, and closes, when its ping is not answered', async () => {
    const before = openHandles();
    const shutdown = waitForSignal(signals.workerShutdown);
    const start = startTestWorker({ app, module, pingTimeoutMs: 1, settings: { taskDefaultQueue: 'pinged' } });
    const stopped = signals.workerReady.connect(({ sender }) => {
      // Nothing is consumed: nobody answers.
      void (sender as { cancelConsumer(queue: string): Promise<void> }).cancelConsumer('pinged');
    });
    await assert.rejects(start, /did not answer a ping through the queue "pinged" in 1 ms/);
    stopped();
    await shutdown;
    assert.deepEqual(openHandles(), before);
  });
});
