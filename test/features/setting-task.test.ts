/** Settings that show while a task runs: modules, eager runs, limits, acknowledgement, what is stored. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AsyncResult, Celeriac, SettingsInput } from '../../core/app/public.js';
import { createClient, defaultOf, waiting, withWorker, type WorkedApp } from '../support/setting-apps.js';
import { createProject } from '../unit/loader/project-on-disk.js';

const WAIT = { timeoutMs: 20_000 };

async function run(app: Celeriac, task: string, args: readonly unknown[] = []): Promise<unknown> {
  return (await app.sendTask(task, { args })).get(WAIT);
}

/** Letters in the dead queue once the worker has settled what it got. */
async function deadLetters({ app, worker }: WorkedApp): Promise<number> {
  await worker.close();
  return (await waiting(app, 'celery.dead')).length;
}

/** A module that says that it was loaded. */
const loadedModule = (name: string): string => `(globalThis.settingModules ??= []).push('${name}');\nexport {};\n`;

describe('settings of time and eager runs', { timeout: 60_000 }, () => {
  test('CONF-003: enableUtc makes the zone of the app UTC, or that of the machine', () => {
    const saved = process.env['TZ'];
    // Most machines that run tests are in UTC, where nothing would show.
    process.env['TZ'] = 'Asia/Kolkata';
    try {
      const offsets = [true, false].map((enableUtc) => createClient({ enableUtc }).now().offsetMinutes);
      assert.deepEqual(offsets, [0, 330]);
      assert.equal(createClient().now().offsetMinutes, 0);
    } finally {
      if (saved === undefined) Reflect.deleteProperty(process.env, 'TZ');
      else process.env['TZ'] = saved;
    }
  });

  test('CONF-004: timezone is the zone of app.now()', () => {
    for (const enableUtc of [true, false]) {
      assert.equal(createClient({ enableUtc, timezone: 'Asia/Kolkata' }).now().offsetMinutes, 330);
    }
    assert.equal(createClient().now().offsetMinutes, 0);
    assert.equal(defaultOf('timezone'), null);
  });

  test('CONF-007: taskAnnotations change options of tasks by name', async () => {
    for (const [taskAnnotations, priority] of [
      [{ 'a.b': { priority: 9 } }, 9],
      [{ '*': { priority: 8 } }, 8],
      [{ 'a.c': { priority: 7 } }, null],
      [[{ 'a.b': { priority: 6 } }, { 'a.c': { priority: 5 } }], 6],
      [null, null],
    ] as const) {
      await using app = createClient({ taskAnnotations });
      await app.task('a.b', () => null).delay();
      assert.equal((await waiting(app))[0]?.properties.priority, priority);
    }
  });

  test('CONF-013: taskAlwaysEager runs a call in its caller and sends nothing', async () => {
    await using app = createClient({ taskAlwaysEager: true });
    const result = await app.task('here', (a: number) => a + 1).delay(1);
    assert.equal(await result.get(), 2);
    assert.equal(app.connections.isOpen, false);
    assert.equal(defaultOf('taskAlwaysEager'), false);
  });

  test('CONF-014: taskEagerPropagates throws the error of an eager run at the caller', async () => {
    const failing = (settings: SettingsInput): Promise<unknown> => {
      const app = createClient({ taskAlwaysEager: true, ...settings });
      return app
        .task('fails', () => {
          throw new RangeError('here');
        })
        .delay();
    };
    await assert.rejects(failing({ taskEagerPropagates: true }), RangeError);
    const kept = (await failing({})) as AsyncResult;
    assert.equal(await kept.state(), 'FAILURE');
    await assert.rejects(kept.get(), RangeError);
  });

  test('CONF-015: taskStoreEagerResult stores what an eager run returns', async () => {
    for (const taskStoreEagerResult of [true, false]) {
      await using app = createClient({ taskAlwaysEager: true, taskStoreEagerResult });
      const { id } = await app.task('stored', () => 5).delay();
      assert.equal(await app.asyncResult(id).state(), taskStoreEagerResult ? 'SUCCESS' : 'PENDING');
    }
    assert.equal(defaultOf('taskStoreEagerResult'), false);
  });
});

describe('settings of tasks in a worker', { timeout: 120_000 }, () => {
  test('CONF-001: acceptContent is what a worker decodes, the rest becomes a dead letter', async () => {
    await withWorker({ acceptContent: ['msgpack'], resultAcceptContent: ['json'] }, async (worked) => {
      const refused = await worked.app.sendTask('s.add', { args: [1, 2], serializer: 'json' });
      assert.equal(
        await worked.app.sendTask('s.add', { args: [1, 2], serializer: 'msgpack' }).then((r) => r.get(WAIT)),
        3,
      );
      assert.equal(await deadLetters(worked), 1);
      const [letter] = await waiting(worked.app, 'celery.dead');
      assert.equal(letter?.properties.correlationId, refused.id);
    });
    await withWorker({ acceptContent: ['application/x-msgpack'], resultAcceptContent: ['json'] }, async ({ app }) => {
      assert.equal(await (await app.sendTask('s.add', { args: [1, 2], serializer: 'msgpack' })).get(WAIT), 3);
    });
    assert.deepEqual(defaultOf('acceptContent'), ['json']);
  });

  test('CONF-005: imports are loaded by members', async (t) => {
    const project = createProject(t, { 'package.json': '{"type":"module"}', 'more.js': loadedModule('more') });
    await withWorker({ imports: [project.path('more.js')] }, async ({ app }) => {
      assert.deepEqual(await run(app, 's.loaded'), ['more']);
    });
  });

  test('CONF-006: include is loaded after imports', async (t) => {
    const project = createProject(t, {
      'package.json': '{"type":"module"}',
      'first.js': loadedModule('first'),
      'second.js': loadedModule('second'),
    });
    const settings = { include: [project.path('second.js')], imports: [project.path('first.js')] };
    await withWorker(settings, async ({ app }) => {
      assert.deepEqual(await run(app, 's.loaded'), ['first', 'second']);
    });
  });

  test('CONF-016: taskRemoteTracebacks gives an error the stack of the worker as its cause', async () => {
    await withWorker({ taskRemoteTracebacks: true }, async ({ app }) => {
      const error = await run(app, 's.fail').catch((reason: unknown) => reason as Error);
      assert.match(String(((error as Error).cause as Error).stack), /setting-tasks/);
    });
    await withWorker({}, async ({ app }) => {
      const error = await run(app, 's.fail').catch((reason: unknown) => reason as Error);
      assert.equal((error as Error).cause, undefined);
    });
  });

  test('CONF-017: taskIgnoreResult stores no results', async () => {
    await withWorker({ taskIgnoreResult: true }, async ({ app }) => {
      const { id } = await app.task('s.add', () => null).delay();
      const failed = await app.task('s.fail', () => null).delay();
      // Sent by a name that its client does not know, it says that it has a result; the only member runs it last.
      assert.equal(await run(app, 's.thread'), await run(app, 's.thread'));
      assert.equal(await app.asyncResult(id).state(), 'PENDING');
      assert.equal(await app.asyncResult(failed.id).state(), 'PENDING');
    });
    assert.equal(defaultOf('taskIgnoreResult'), false);
  });

  test('CONF-018: taskStoreErrorsEvenIfIgnored keeps failures all the same', async () => {
    await withWorker({ taskIgnoreResult: true, taskStoreErrorsEvenIfIgnored: true }, async ({ app, worker }) => {
      const sum = await app.task('s.add', () => null).delay();
      const { id } = await app.task('s.fail', () => null).delay();
      while ((await app.asyncResult(id).state()) !== 'FAILURE') await new Promise((resolve) => setImmediate(resolve));
      await assert.rejects(app.asyncResult(id).get(WAIT), { type: 'RangeError' });
      await worker.close();
      assert.equal(await app.asyncResult(sum.id).state(), 'PENDING');
    });
    assert.equal(defaultOf('taskStoreErrorsEvenIfIgnored'), false);
  });

  test('CONF-019: taskTrackStarted stores STARTED while a task runs', async () => {
    await withWorker({ taskTrackStarted: true, taskSoftTimeLimit: 0.3 }, async ({ app }) => {
      const { id } = await app.sendTask('s.waits');
      const result = app.asyncResult(id);
      while ((await result.state()) === 'PENDING') await new Promise((resolve) => setImmediate(resolve));
      assert.equal(await result.state(), 'STARTED');
      await result.get(WAIT);
    });
    assert.equal(defaultOf('taskTrackStarted'), false);
  });

  test('CONF-020: taskTimeLimit ends a task with its member', async (t) => {
    const began = createProject(t, {}).path('began');
    await withWorker({ taskTimeLimit: 0.2 }, async ({ app }) => {
      await assert.rejects(run(app, 's.stuck', [began]), { name: 'TimeLimitExceeded' });
      assert.equal(await run(app, 's.add', [1, 2]), 3);
    });
    assert.equal(defaultOf('taskTimeLimit'), null);
  });

  test('CONF-021: taskSoftTimeLimit aborts the signal of a task', async () => {
    await withWorker({ taskSoftTimeLimit: 0.1 }, async ({ app }) => {
      assert.equal(await run(app, 's.waits'), 'SoftTimeLimitExceeded');
    });
    assert.equal(defaultOf('taskSoftTimeLimit'), null);
  });

  test('CONF-022: taskAcksLate delivers a task again whose member was lost; without it the task is gone', async () => {
    await withWorker({ taskAcksLate: true }, async ({ app }) => {
      assert.equal(await run(app, 's.dies'), 'again');
    });
    await withWorker({ taskAcksLate: false }, async ({ app }) => {
      await assert.rejects(run(app, 's.dies'), /WorkerLost|lost/i);
    });
  });

  test('CONF-023: taskAcksOnFailureOrTimeout false keeps what failed or ran too long', async (t) => {
    const began = createProject(t, {}).path('began');
    for (const [taskAcksOnFailureOrTimeout, letters] of [
      [false, 2],
      [true, 0],
    ] as const) {
      const name = taskAcksOnFailureOrTimeout ? 'TimeLimitExceeded' : 'WorkerLostError';
      await withWorker({ taskAcksOnFailureOrTimeout, taskTimeLimit: 0.1 }, async (worked) => {
        await assert.rejects(run(worked.app, 's.fail'), /no/);
        await assert.rejects(run(worked.app, 's.stuck', [began]), { name });
        assert.equal(await deadLetters(worked), letters);
      });
    }
    assert.equal(defaultOf('taskAcksOnFailureOrTimeout'), true);
  });

  test('CONF-024: taskAcksOnFailure false keeps what failed, above the combined setting', async () => {
    for (const [taskAcksOnFailure, letters] of [
      [false, 1],
      [true, 0],
    ] as const) {
      await withWorker({ taskAcksOnFailure, taskAcksOnFailureOrTimeout: !taskAcksOnFailure }, async (worked) => {
        await assert.rejects(run(worked.app, 's.fail'), /no/);
        assert.equal(await deadLetters(worked), letters);
      });
    }
  });

  test('CONF-025: taskAcksOnTimeout false keeps what ran too long', async (t) => {
    const began = createProject(t, {}).path('began');
    for (const taskAcksOnTimeout of [false, true]) {
      // The combined setting says the opposite: it is left to failures.
      const settings = { taskAcksOnTimeout, taskAcksOnFailureOrTimeout: !taskAcksOnTimeout, taskTimeLimit: 0.1 };
      await withWorker(settings, async (worked) => {
        const failed = await worked.app.sendTask('s.fail');
        await assert.rejects(failed.get(WAIT), /no/);
        const stuck = await worked.app.sendTask('s.stuck', { args: [began] });
        // Kept, it is delivered again until it is given up.
        const name = taskAcksOnTimeout ? 'TimeLimitExceeded' : 'WorkerLostError';
        await assert.rejects(stuck.get(WAIT), { name });
        assert.equal(await deadLetters(worked), 1);
        const [letter] = await waiting(worked.app, 'celery.dead');
        assert.equal(letter?.properties.correlationId, (taskAcksOnTimeout ? failed : stuck).id);
      });
    }
  });

  test('CONF-026: taskRejectOnWorkerLost false fails a task whose member was lost', async () => {
    await withWorker({ taskRejectOnWorkerLost: false, taskAcksLate: true }, async ({ app }) => {
      await assert.rejects(run(app, 's.dies'), /WorkerLost|lost/i);
    });
    await withWorker({ taskRejectOnWorkerLost: true, taskAcksLate: true }, async ({ app }) => {
      assert.equal(await run(app, 's.dies'), 'again');
    });
  });

  test('CONF-027: taskDefaultRateLimit spaces the starts of a task', async () => {
    await withWorker({ taskDefaultRateLimit: '5/s' }, async ({ app }) => {
      const began = performance.now();
      await Promise.all([1, 2, 3].map((n) => run(app, 's.add', [n, n])));
      assert.ok(performance.now() - began > 350);
    });
    assert.equal(defaultOf('taskDefaultRateLimit'), null);
  });

  test('CONF-034: taskInheritParentPriority gives children the priority of their parent', async () => {
    for (const taskInheritParentPriority of [true, false]) {
      await withWorker({ taskInheritParentPriority }, async ({ app, worker }) => {
        await (await app.sendTask('s.sends', { args: ['elsewhere'], priority: 6 })).get(WAIT);
        await worker.close();
        const [child] = await waiting(app, 'elsewhere');
        assert.equal(child?.properties.priority ?? null, taskInheritParentPriority ? 6 : null);
      });
    }
  });
});
