/** CONC-01 to 11, WORK-43, WORK-59, SIG-39 to 42, CONF-163, ENV-10 and BUG-29: kinds of pool. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { after, before, describe, test } from 'node:test';

import { fileURLToPath } from 'node:url';
import { setEnvironmentData } from 'node:worker_threads';
import { ConfigError, signals } from '../../core/app/public.js';
import type { Pool } from '../../core/ports/public.js';
import { createPool as createWatchedPool, seen } from '../support/custom-pools.js';
import { app, computes, counts, holds, loops, meets, runsOn, waits, where } from '../support/members/pool-tasks.js';
import { outcomeOf, withPoolWorker } from '../support/pool-worker.js';

const customPools = fileURLToPath(new URL('../support/custom-pools.js', import.meta.url));

type Place = Exclude<Awaited<ReturnType<typeof place>>, string>;

function place() {
  return outcomeOf(where.delay());
}

async function placeOf(): Promise<Place> {
  const found = await place();
  assert.ok(typeof found !== 'string', `the task has failed: ${JSON.stringify(found)}`);
  return found;
}

async function refusal(workerPool: string | (() => unknown)): Promise<string> {
  const refused = await withPoolWorker({ workerPool, workerConcurrency: 1 }, () => undefined).catch(
    (error: unknown) => error,
  );
  assert.ok(refused instanceof ConfigError, String(refused));
  return refused.message;
}

describe('kinds of pool', { timeout: 120_000 }, () => {
  test('CONC-01: a pool has a thread for each slot, or with "processes" a forked child, with limits, recycling, terminate and signals of its own', async () => {
    for (const workerPool of ['prefork', 'threads', 'processes']) {
      await withPoolWorker({ workerPool, workerConcurrency: 2, workerMaxTasksPerChild: 1 }, async ({ worker }) => {
        const isForked = workerPool === 'processes';
        assert.equal(worker.poolKind, isForked ? 'processes' : 'threads');
        const first = await placeOf();
        const second = await placeOf();
        assert.equal(first.pid !== process.pid, isForked);
        assert.equal(first.isMainThread, isForked);
        assert.deepEqual([first.role, first.inits], ['member', 1]);
        // One task each: whoever ran it has been replaced.
        assert.notDeepEqual([first.pid, first.thread], [second.pid, second.thread]);
        assert.equal(await outcomeOf(loops.delay()), 'TimeLimitExceeded');
        const endless = await runsOn.delay();
        while (worker.active().every(({ id }) => id !== endless.id)) await new Promise(setImmediate);
        worker.revoke(endless.id, { terminate: true });
        assert.equal(await outcomeOf(Promise.resolve(endless)), 'TaskRevoked');
      });
    }
  });

  test('CONC-02: the name "threads" means worker threads with limits, and a warm stop hands back what has not started', async () => {
    await withPoolWorker({ workerPool: 'threads', workerConcurrency: 1 }, async ({ worker }) => {
      const { isMainThread, pid } = await placeOf();
      assert.deepEqual([isMainThread, pid], [false, process.pid]);
      assert.equal(await outcomeOf(loops.delay()), 'TimeLimitExceeded');
      const running = await computes.delay(300);
      while (worker.active().every(({ id }) => id !== running.id)) await new Promise(setImmediate);
      await where.delay();
      await worker.close();
      assert.equal(await outcomeOf(Promise.resolve(running)), process.pid);
      assert.equal(await (await app.connections.transport()).purge('celery'), 1);
    });
  });

  test('CONC-03: "solo" runs tasks in the main thread of the worker, one at a time, and an async task does not block it', async () => {
    await withPoolWorker({ workerPool: 'solo', workerConcurrency: 3 }, async ({ worker }) => {
      const { pid, thread, role } = await placeOf();
      assert.deepEqual([pid, thread, role], [process.pid, 0, 'host']);
      assert.equal(worker.concurrency, 1);
      let turns = 0;
      const ticking = setInterval(() => turns++, 1);
      const waiting = outcomeOf(waits.delay());
      assert.equal(await waiting, 'SoftTimeLimitExceeded');
      assert.ok(turns > 3, 'timers of the host fire while the task waits');
      const computing = outcomeOf(computes.delay(200));
      await new Promise(setImmediate);
      const before = turns;
      await computing;
      clearInterval(ticking);
      assert.ok(turns - before < 100, 'and hardly while it computes');
    });
  });

  test('CONC-04: "gevent" and "eventlet" run so many promises at once in one loop, end them at their limit and on request', async () => {
    for (const workerPool of ['gevent', 'eventlet']) {
      await withPoolWorker({ workerPool, workerConcurrency: 40 }, async ({ worker }) => {
        assert.deepEqual([worker.poolKind, worker.concurrency], [workerPool, 40]);
        const met = await Promise.all(Array.from({ length: 40 }, () => outcomeOf(meets.delay(40))));
        assert.equal(new Set(met).size, 1);
        assert.equal(await outcomeOf(holds.delay()), 'TimeLimitExceeded');
        const endless = await meets.delay(1_000);
        while (worker.active().every(({ id }) => id !== endless.id)) await new Promise(setImmediate);
        worker.revoke(endless.id, { terminate: true });
        assert.equal(await outcomeOf(Promise.resolve(endless)), 'TaskRevoked');
      });
    }
  });

  test('CONC-05: "custom" is the pool whose address stands in the environment, and says what is wrong with it', async () => {
    const saved = process.env['CELERY_CUSTOM_WORKER_POOL'];
    try {
      assert.match(await refusal('custom'), /needs the address of a pool in CELERY_CUSTOM_WORKER_POOL/);
      process.env['CELERY_CUSTOM_WORKER_POOL'] = `${customPools}:adapter`;
      await withPoolWorker({ workerPool: 'custom', workerConcurrency: 1 }, async ({ worker }) => {
        assert.equal(worker.poolKind, 'watched');
        await placeOf();
      });
    } finally {
      if (saved === undefined) delete process.env['CELERY_CUSTOM_WORKER_POOL'];
      else process.env['CELERY_CUSTOM_WORKER_POOL'] = saved;
    }
  });

  test('ENV-10: CELERIAC_CUSTOM_WORKER_POOL and CELERY_CUSTOM_WORKER_POOL name the pool of -P custom, ours first', async () => {
    process.env['CELERY_CUSTOM_WORKER_POOL'] = './nowhere.js';
    try {
      assert.match(await refusal('custom'), /cannot find the module "\.\/nowhere\.js"/);
      process.env['CELERIAC_CUSTOM_WORKER_POOL'] = `${customPools}:createPool`;
      await withPoolWorker({ workerPool: 'custom', workerConcurrency: 1 }, ({ worker }) => {
        assert.equal(worker.poolKind, 'watched');
      });
    } finally {
      delete process.env['CELERY_CUSTOM_WORKER_POOL'];
      delete process.env['CELERIAC_CUSTOM_WORKER_POOL'];
    }
  });

  test('CONC-06: the setting names the pool as -P does, and nothing has to be patched before', async () => {
    assert.match(await refusal('thread'), /unknown pool "thread"; did you mean "threads"\?/);
    assert.match(
      await refusal('fast'),
      /there is threads, prefork, processes, solo, gevent, eventlet, custom, or a module/,
    );
    await withPoolWorker({ workerPool: 'gevent', workerConcurrency: 2 }, async ({ worker }) => {
      assert.equal(worker.poolKind, 'gevent');
      assert.equal((await placeOf()).pid, process.pid);
    });
  });

  test('CONF-163: workerPool is a kind, "threads" by default and in Celery\'s profile "prefork", or what makes a pool', async () => {
    assert.equal(app.conf.workerPool, 'threads');
    assert.equal(app.settingsWith({ reliability: 'compat' }).workerPool, 'prefork');
    await withPoolWorker({ workerPool: createWatchedPool, workerConcurrency: 1 }, ({ worker }) => {
      assert.equal(worker.poolKind, 'watched');
    });
  });

  test('WORK-59: workerPool may be the path of a module and the name of what makes the pool', async () => {
    seen.length = 0;
    await withPoolWorker({ workerPool: `${customPools}:createPool`, workerConcurrency: 1 }, async ({ worker }) => {
      assert.equal(worker.poolKind, 'watched');
      const { pid, isMainThread } = await placeOf();
      assert.deepEqual([pid, isMainThread], [process.pid, false]);
      assert.ok(seen.length === 1, 'the pool around the threads has seen the task');
    });
    assert.match(await refusal(`${customPools}:missing`), /no export "missing"; it exports/);
    assert.match(await refusal(`${customPools}:number`), /is no function, no class and has no createPool/);
    assert.match(await refusal(`${customPools}:unfinished`), /is no pool: it has no submit, .*capabilities/);
    assert.match(await refusal('./nowhere.js'), /cannot find the module/);
  });

  test('CONC-07: without a number there are as many members as CPUs, and at least one', async () => {
    await withPoolWorker({}, ({ worker }) => {
      assert.equal(worker.concurrency, Math.max(1, availableParallelism()));
      assert.equal(worker.stats().pool.maxConcurrency, worker.concurrency);
    });
  });

  test('CONC-08: one interface is before every kind of pool, and a user can implement it', async () => {
    const methods = ['start', 'submit', 'cancel', 'recall', 'isRunning', 'snapshot', 'renew', 'resize', 'close'];
    const made: object[] = [];
    const workerPool = (options: Parameters<typeof createWatchedPool>[0]): unknown => {
      const pool = createWatchedPool(options);
      made.push(pool);
      return pool;
    };
    await withPoolWorker({ workerPool, workerConcurrency: 1 }, async () => {
      await placeOf();
    });
    assert.ok(methods.every((name) => typeof Reflect.get(made[0] ?? {}, name) === 'function'));
  });

  test('CONC-09: workerAsyncPerMember lets one thread run several async tasks at once; by default it runs one', async () => {
    assert.equal(app.conf.workerAsyncPerMember, 1);
    await withPoolWorker({ workerConcurrency: 1, workerAsyncPerMember: 3 }, async () => {
      const met = await Promise.all([1, 2, 3].map(() => outcomeOf(meets.delay(3))));
      assert.equal(new Set(met).size, 1);
    });
  });

  test('CONC-10: members share nothing but memory that the host gives them', async () => {
    setEnvironmentData('pools.counter', new SharedArrayBuffer(4));
    await withPoolWorker({ workerConcurrency: 2 }, async () => {
      const counted = await Promise.all([1, 2, 3, 4].map(() => outcomeOf(counts.delay())));
      assert.deepEqual(counted.sort(), [1, 2, 3, 4]);
      // The module's own variables are there once for each thread.
      assert.equal((await placeOf()).inits, 1);
    });
    await withPoolWorker({ workerPool: 'processes', workerConcurrency: 1 }, async () => {
      assert.equal(await outcomeOf(counts.delay()), null);
    });
  });

  test('CONC-11: stats tell the implementation, concurrency, members, tasks a child, limits and writes', async () => {
    const settings = { workerConcurrency: 2, workerMaxTasksPerChild: 100, taskTimeLimit: 60, taskSoftTimeLimit: 50 };
    for (const workerPool of ['threads', 'processes'] as const) {
      await withPoolWorker({ ...settings, workerPool }, async ({ worker }) => {
        const { pid, thread } = await placeOf();
        // A member counts a run a moment after its outcome is out.
        while (worker.stats().pool.writes.every((count) => count === 0)) await new Promise(setImmediate);
        const replies = await app.control.inspect({ limit: 1, timeoutMs: 20_000 }).stats();
        const [reply] = replies.values();
        const { pool } = reply as { readonly pool: Record<string, unknown> };
        assert.equal(pool['implementation'], `celeriac:${workerPool}`);
        assert.equal(pool['max-concurrency'], 2);
        const members = pool['processes'] as readonly number[];
        assert.ok(members.length === 2 && members.includes(workerPool === 'processes' ? pid : thread));
        assert.equal(pool['max-tasks-per-child'], 100);
        assert.equal(pool['put-guarded-by-semaphore'], true);
        assert.deepEqual(pool['timeouts'], [50, 60]);
        const writes = pool['writes'] as Record<string, unknown>;
        assert.deepEqual(
          [writes['total'], writes['strategy'], writes['inqueues']],
          [1, 'fair', { total: 2, active: 0 }],
        );
        assert.match(String(writes['all']), /^(1\.00, 0\.00|0\.00, 1\.00)$/);
        assert.equal(worker.stats().pool.implementation, workerPool);
      });
    }
  });

  test('WORK-43: threads and processes keep both limits, the pools in one loop abort the signal and give the promise up, solo says what it cannot', async () => {
    for (const workerPool of ['threads', 'processes', 'gevent', 'solo']) {
      await withPoolWorker({ workerPool, workerConcurrency: 1 }, async ({ warnings }) => {
        assert.equal(await outcomeOf(waits.delay()), 'SoftTimeLimitExceeded');
        assert.equal(await outcomeOf(holds.delay()), 'TimeLimitExceeded');
        if (workerPool !== 'solo') assert.equal(await outcomeOf(loops.delay()), 'TimeLimitExceeded');
        const warned = warnings.filter((line) => /^with the pool .* time limit/.test(line));
        assert.equal(warned.length, workerPool === 'solo' ? 2 : 0);
        assert.equal(typeof (await place()), 'object');
      });
    }
  });

  test('BUG-29: what the kind of pool cannot honour is said at the start', async () => {
    await withPoolWorker(
      { workerPool: 'solo', workerConcurrency: 4, workerMaxTasksPerChild: 5, workerMaxMemoryPerChild: 10_000 },
      ({ warnings }) => {
        assert.ok(warnings.includes('no effect with the pool "solo": workerMaxTasksPerChild, workerMaxMemoryPerChild'));
        assert.ok(warnings.includes('with the pool "solo" the concurrency is 1, not 4'));
        assert.ok(warnings.some((line) => /a time limit ends only what awaits a promise/.test(line)));
        assert.ok(
          warnings.some((line) => /a soft time limit is seen only by tasks that look at their signal/.test(line)),
        );
      },
    );
    await withPoolWorker(
      { workerPool: 'gevent', workerConcurrency: 4, workerAsyncPerMember: 5, workerAutoscaleMax: 9 },
      ({ warnings }) => {
        assert.ok(warnings.includes('no effect with the pool "gevent": workerAutoscaleMax, workerAsyncPerMember'));
      },
    );
    await withPoolWorker({ workerPool: 'processes', workerConcurrency: 1, workerWarmSpares: 1 }, ({ warnings }) => {
      assert.ok(warnings.includes('no effect with the pool "processes": workerWarmSpares'));
    });
    await withPoolWorker({ workerConcurrency: 1, workerMaxTasksPerChild: 5 }, ({ warnings }) => {
      assert.deepEqual(
        warnings.filter((line) => line.includes('pool')),
        [],
      );
    });
  });
});

describe('signals of the pools in one loop', { timeout: 60_000 }, () => {
  const told: string[] = [];
  const targets: object[] = [];
  const kinds = new Set<string>();

  after(() => app.close());

  /** A worker's life with one task, once for all four. */
  before(async () => {
    const note =
      (name: string) =>
      ({ sender }: { readonly sender: object }) => {
        told.push(name);
        kinds.add((sender as Pool).capabilities.kind);
      };
    signals.eventletPoolStarted.connect(note('started'));
    signals.eventletPoolPreshutdown.connect(note('preshutdown'));
    signals.eventletPoolPostshutdown.connect(note('postshutdown'));
    signals.eventletPoolApply.connect(({ sender, target, args, kwargs }) => {
      note('apply')({ sender });
      targets.push({ hasTarget: typeof target === 'object', args: args.length, kwargs });
    });
    await withPoolWorker({ workerPool: 'eventlet', workerConcurrency: 2 }, async () => {
      await placeOf();
    });
    await withPoolWorker({ workerPool: 'threads', workerConcurrency: 1 }, async () => {
      await placeOf();
    });
  });

  test('SIG-39: eventletPoolStarted is sent by the pool when it has started', () => {
    assert.equal(told[0], 'started');
    assert.deepEqual([...kinds], ['eventlet']);
  });

  test('SIG-40: eventletPoolPreshutdown is sent before the pool closes', () => {
    assert.equal(told[2], 'preshutdown');
  });

  test('SIG-41: eventletPoolPostshutdown is sent when the pool has closed', () => {
    assert.equal(told[3], 'postshutdown');
    assert.equal(told.length, 4, 'other pools send none of them');
  });

  test('SIG-42: eventletPoolApply is sent for each task, with target, args and kwargs', () => {
    assert.equal(told[1], 'apply');
    assert.deepEqual(targets, [{ hasTarget: true, args: 1, kwargs: {} }]);
  });
});
