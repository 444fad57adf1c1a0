/** Settings that show while a task runs: modules, eager runs, limits, acknowledgement, what is stored. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Celeriac, SettingsInput } from '../../core/app/public.js';
import { createClient, waiting, withWorker, type WorkedApp } from '../support/setting-apps.js';
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
    } finally {
      if (saved === undefined) Reflect.deleteProperty(process.env, 'TZ');
      else process.env['TZ'] = saved;
    }
  });

  test('CONF-004: timezone is the zone of app.now()', () => {
    const now = createClient({ timezone: 'Asia/Kolkata' }).now();
    assert.equal(now.offsetMinutes, 330);
  });

  test('CONF-007: taskAnnotations change options of tasks by name', async () => {
    await using app = createClient({ taskAnnotations: { 'a.b': { priority: 9 } } });
    const task = app.task('a.b', () => null);
    await task.delay();
    assert.equal((await waiting(app))[0]?.properties.priority, 9);
  });

  test('CONF-013: taskAlwaysEager runs a call in its caller and sends nothing', async () => {
    await using app = createClient({ taskAlwaysEager: true });
    const result = await app.task('here', (a: number) => a + 1).delay(1);
    assert.equal(await result.get(), 2);
    assert.equal(app.connections.isOpen, false);
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
    await assert.doesNotReject(failing({}));
  });

  test('CONF-015: taskStoreEagerResult stores what an eager run returns', async () => {
    for (const taskStoreEagerResult of [true, false]) {
      await using app = createClient({ taskAlwaysEager: true, taskStoreEagerResult });
      const { id } = await app.task('stored', () => 5).delay();
      assert.equal(await app.asyncResult(id).state(), taskStoreEagerResult ? 'SUCCESS' : 'PENDING');
    }
  });
});

describe('settings of tasks in a worker', { timeout: 120_000 }, () => {
  test('CONF-001: acceptContent is what a worker decodes, the rest becomes a dead letter', async () => {
    await withWorker({ acceptContent: ['msgpack'], resultAcceptContent: ['json'] }, async (worked) => {
      await worked.app.sendTask('s.add', { args: [1, 2], serializer: 'json' });
      assert.equal(
        await worked.app.sendTask('s.add', { args: [1, 2], serializer: 'msgpack' }).then((r) => r.get(WAIT)),
        3,
      );
      assert.equal(await deadLetters(worked), 1);
    });
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
  });

  test('CONF-017: taskIgnoreResult stores no results', async () => {
    await withWorker({ taskIgnoreResult: true }, async ({ app, worker }) => {
      const { id } = await app.sendTask('s.add', { args: [1, 2] });
      const failed = await app.sendTask('s.fail');
      await worker.close();
      assert.equal(await app.asyncResult(id).state(), 'PENDING');
      assert.equal(await app.asyncResult(failed.id).state(), 'PENDING');
    });
  });

  test('CONF-018: taskStoreErrorsEvenIfIgnored keeps failures all the same', async () => {
    await withWorker({ taskIgnoreResult: true, taskStoreErrorsEvenIfIgnored: true }, async ({ app, worker }) => {
      const { id } = await app.sendTask('s.fail');
      while ((await app.asyncResult(id).state()) !== 'FAILURE') await new Promise((resolve) => setImmediate(resolve));
      await worker.close();
    });
  });

  test('CONF-019: taskTrackStarted stores STARTED while a task runs', async () => {
    await withWorker({ taskTrackStarted: true, taskSoftTimeLimit: 0.3 }, async ({ app }) => {
      const { id } = await app.sendTask('s.waits');
      const result = app.asyncResult(id);
      while ((await result.state()) === 'PENDING') await new Promise((resolve) => setImmediate(resolve));
      assert.equal(await result.state(), 'STARTED');
      await result.get(WAIT);
    });
  });

  test('CONF-020: taskTimeLimit ends a task with its member', async (t) => {
    const began = createProject(t, {}).path('began');
    await withWorker({ taskTimeLimit: 0.2 }, async ({ app }) => {
      await assert.rejects(run(app, 's.stuck', [began]), /TimeLimitExceeded|0\.2/);
      assert.equal(await run(app, 's.add', [1, 2]), 3);
    });
  });

  test('CONF-021: taskSoftTimeLimit aborts the signal of a task', async () => {
    await withWorker({ taskSoftTimeLimit: 0.1 }, async ({ app }) => {
      assert.equal(await run(app, 's.waits'), 'SoftTimeLimitExceeded');
    });
  });

  test('CONF-022: taskAcksLate delivers a task again whose member was lost; without it the task is gone', async () => {
    await withWorker({ taskAcksLate: true }, async ({ app }) => {
      assert.equal(await run(app, 's.dies'), 'again');
    });
    await withWorker({ taskAcksLate: false }, async ({ app }) => {
      await assert.rejects(run(app, 's.dies'), /WorkerLost|lost/i);
    });
  });

  test('CONF-023: taskAcksOnFailureOrTimeout false keeps what failed or ran too long', async () => {
    await withWorker({ taskAcksOnFailureOrTimeout: false }, async (worked) => {
      await assert.rejects(run(worked.app, 's.fail'), /no/);
      assert.equal(await deadLetters(worked), 1);
    });
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
    await withWorker({ taskAcksOnTimeout: false, taskTimeLimit: 0.2 }, async (worked) => {
      await assert.rejects(run(worked.app, 's.fail'), /no/);
      await worked.app.sendTask('s.stuck', { args: [began] });
      await assert.rejects(run(worked.app, 's.stuck', [began]));
      assert.ok((await deadLetters(worked)) >= 1);
    });
  });

  test('CONF-026: taskRejectOnWorkerLost false fails a task whose member was lost', async () => {
    await withWorker({ taskRejectOnWorkerLost: false }, async ({ app }) => {
      await assert.rejects(run(app, 's.dies'), /WorkerLost|lost/i);
    });
  });

  test('CONF-027: taskDefaultRateLimit spaces the starts of a task', async () => {
    await withWorker({ taskDefaultRateLimit: '5/s' }, async ({ app }) => {
      const began = performance.now();
      await Promise.all([1, 2, 3].map((n) => run(app, 's.add', [n, n])));
      assert.ok(performance.now() - began > 350);
    });
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
