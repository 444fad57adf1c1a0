/** Apps of tests, the trap for code that uses another one, and waiting for signals and states. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Celeriac,
  ConfigError,
  currentApp,
  signals,
  State,
  TaskError,
  TimeoutError,
} from '../../../core/app/public.js';
import { createTestApp, trapCurrentApp, waitForSignal, waitForState } from '../../../testing/public.js';

describe('createTestApp', { timeout: 20_000 }, () => {
  it('has a broker and results of its own in memory, JSON only, UTC, and settings on top', async () => {
    await using app = createTestApp({ taskDefaultQueue: 'tests' });
    await using other = createTestApp();
    const { brokerUrl, resultBackend, acceptContent, taskSerializer, resultSerializer, timezone } = app.conf;
    assert.match(brokerUrl, /^memory:\/\/test-\d+$/);
    assert.equal(resultBackend, brokerUrl);
    assert.notEqual(other.conf.brokerUrl, brokerUrl);
    assert.deepEqual([acceptContent, taskSerializer, resultSerializer, timezone], [['json'], 'json', 'json', 'UTC']);
    await app.sendTask('a.task');
    assert.equal(app.outbox.only('a.task').queue, 'tests');
    assert.equal(other.outbox.length, 0);
  });

  it('stands in the module that calls it and is not the current app', async () => {
    await using app = createTestApp({ main: 'mine' });
    assert.deepEqual([app.main, app.definedIn], ['mine', import.meta.url]);
    assert.throws(() => currentApp(), /there is no app yet/);
  });

  it('takes the broker that the test names, and not that of the environment', async () => {
    process.env['CELERY_BROKER_URL'] = 'sqlite:///nowhere/else.db';
    try {
      await using app = createTestApp({ broker: 'memory://named' });
      assert.equal(app.conf.brokerUrl, 'memory://named');
      assert.equal(app.conf.brokerWriteUrl, 'memory://named');
    } finally {
      delete process.env['CELERY_BROKER_URL'];
    }
  });
});

describe('trapCurrentApp', () => {
  it('lets use of the default app throw, and of the current one not, until it is released', async () => {
    await using app = new Celeriac('default');
    {
      using trap = trapCurrentApp();
      assert.throws(() => currentApp(), ConfigError);
      assert.equal(
        app.asCurrent(() => currentApp()),
        app,
      );
      trap.release();
      trap.release();
      assert.equal(currentApp(), app);
      using again = trapCurrentApp();
      assert.throws(() => currentApp(), /trapped/);
      assert.ok(again);
    }
    assert.equal(currentApp(), app);
  });
});

describe('waiting', { timeout: 20_000 }, () => {
  it('for a signal: the event that is meant, and no longer than told', async () => {
    await using app = createTestApp();
    const sent = waitForSignal(signals.afterTaskPublish, { matching: ({ sender }) => sender === 'second' });
    await app.sendTask('first');
    await app.sendTask('second');
    assert.equal((await sent).routingKey, 'celery');
    await assert.rejects(waitForSignal(signals.workerReady, { timeoutMs: 1 }), TimeoutError);
    assert.equal(signals.afterTaskPublish.hasListeners || signals.workerReady.hasListeners, false);
  });

  it('for a state: as soon as the task comes to it, and an error when it never does', async () => {
    await using app = createTestApp({ inline: true });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = app.task('hold', { bind: true }, async (ctx) => {
      await ctx.updateState('LOADING', { part: 1 });
      await held;
      return 'loaded';
    });
    const running = hold.applyAsync({ taskId: 'the-only-one' });
    const result = app.asyncResult('the-only-one');
    assert.deepEqual((await waitForState(result, 'LOADING')).result, { part: 1 });
    await assert.rejects(waitForState(result, State.SUCCESS, { timeoutMs: 1 }), TimeoutError);
    release();
    assert.equal((await waitForState(result, State.SUCCESS)).result, 'loaded');
    await running;
    await assert.rejects(waitForState(result, State.STARTED), (error) => {
      return (
        error instanceof TaskError && /never was in the state STARTED: it went through SUCCESS/.test(error.message)
      );
    });
  });
});
