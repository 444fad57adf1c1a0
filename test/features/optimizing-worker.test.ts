/** OPT-02, OPT-09, OPT-10, BUG-07 and ENV-07: bounds of what a worker holds and remembers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { resolveSettings } from '../../core/settings/resolve.js';
import { formatInstant } from '../../core/protocol/iso-instant.js';
import { app } from '../support/members/worker-tasks.js';
import { Bench, endOf, newQueue } from '../support/worker-bench.js';

describe('bounds of a worker', { timeout: 60_000 }, () => {
  before(() => app.connections.backend());
  after(() => app.close());

  test('OPT-02: -O fair is the default, and with either a short task never waits behind a long one', async () => {
    assert.equal(resolveSettings({}).settings.workerOptimization, 'fair');
    for (const workerOptimization of ['fair', 'default'] as const) {
      // The long one is first, and all of them are there when the worker comes: no member waits to be asked for more.
      const queue = newQueue();
      const long = await app.sendTask('worker.hold', { queue });
      const short = [];
      for (let n = 0; n < 40; n++) short.push(await app.sendTask('worker.echo', { args: [n], queue }));
      const settings = { workerOptimization, workerPrefetchMultiplier: 100 };
      await using bench = await Bench.start({ concurrency: 2, settings }, queue);
      const ends = await Promise.all(short.map((result) => endOf(result)));
      assert.ok(ends.every((state) => state === 'SUCCESS'));
      await bench.ear.started(long.id);
      assert.equal(await long.ready(), false);
      bench.open(long.id);
      assert.equal(await endOf(long), 'SUCCESS');
    }
  });

  test('OPT-09: beyond workerEtaTaskLimit held messages go back to the delays of the broker and still run in time', async () => {
    await using bench = await Bench.start({ settings: { workerEtaTaskLimit: 2 } });
    const eta = Date.now() + 700;
    for (let n = 1; n <= 5; n++)
      await bench.publish({ lang: 'py', task: 'worker.echo', id: `limit-${String(n)}`, eta: formatInstant(eta) });
    await bench.until(async () => (await bench.stats()).delayed === 3);
    assert.equal(bench.worker.scheduled().length, 2);
    const words = await Promise.all([1, 2, 3, 4, 5].map((n) => bench.ear.started(`limit-${String(n)}`)));
    assert.ok(words.every(({ atMs }) => atMs >= eta));
  });

  test('OPT-10: late acknowledgement with a multiplier of 1 reserves nothing beyond what runs', async () => {
    // All are there when the worker comes, so that its first batch is what it reserves.
    const queue = newQueue();
    for (let n = 0; n < 3; n++) await app.sendTask('worker.hold', { queue });
    await using bench = await Bench.start({ settings: { workerPrefetchMultiplier: 1 } }, queue);
    await bench.ear.heard(({ kind }) => kind === 'started');
    const { unacked, ready } = await bench.stats();
    assert.deepStrictEqual([unacked, ready, bench.worker.reserved().length], [1, 2, 0]);
  });

  test('BUG-07: a message whose body cannot be read is a dead letter, and dropped only with workerOnDecodeError: ack', async () => {
    for (const [workerOnDecodeError, deaths] of [
      ['reject', ['unreadable']],
      ['ack', []],
    ] as const) {
      await using bench = await Bench.start({ settings: { workerOnDecodeError } });
      const id = `garbled-${workerOnDecodeError}`;
      await bench.publish({ lang: 'py', task: 'worker.echo', id }, { body: '\u0000garbage' });
      assert.equal(await endOf(app.asyncResult(id)), 'FAILURE');
      await bench.until(async () => (await bench.stats()).unacked === 0);
      assert.deepStrictEqual(await bench.deaths(), deaths);
    }
  });

  test('ENV-07: the bounds of the revoked and successful sets come from settings and from the names of Celery', async () => {
    const environment = {
      CELERY_WORKER_REVOKES_MAX: '2',
      CELERY_WORKER_REVOKE_EXPIRES: '60',
      CELERY_WORKER_SUCCESSFUL_MAX: '3',
      CELERY_WORKER_SUCCESSFUL_EXPIRES: '90',
    };
    const saved = { ...process.env };
    Object.assign(process.env, environment);
    try {
      await using bench = await Bench.start();
      const { settings } = bench.worker;
      bench.worker.revoke(['a', 'b', 'c']);
      assert.deepStrictEqual(bench.worker.revoked(), ['b', 'c']);
      const { workerRevokeExpires, workerSuccessfulMax, workerSuccessfulExpires } = settings;
      assert.deepStrictEqual([workerRevokeExpires, workerSuccessfulMax, workerSuccessfulExpires], [60, 3, 90]);
      assert.equal(resolveSettings({}).settings.workerSuccessfulMax, 1_000);
    } finally {
      for (const name of Object.keys(environment)) if (!(name in saved)) Reflect.deleteProperty(process.env, name);
    }
  });
});
