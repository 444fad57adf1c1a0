/** WORK-60 to 66, and what follows from them: tasks that must not run. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatInstant } from '../../core/protocol/iso-instant.js';
import { app } from '../support/members/worker-tasks.js';
import { Bench, endOf, newQueue } from '../support/worker-bench.js';

describe('revoked tasks', { timeout: 60_000 }, () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.start();
  });
  after(() => bench[Symbol.asyncDispose]());

  test('WORK-60: a revoked task is discarded: to come, in a lane, and held until its ETA', async () => {
    bench.worker.revoke('to-come');
    const toCome = await bench.send('echo', [], { taskId: 'to-come' });
    assert.equal(await endOf(toCome), 'REVOKED');
    await assert.rejects(toCome.get(), /revoked/);
    const long = await bench.send('hold');
    await bench.ear.started(long.id);
    const behind = await bench.send('echo');
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'held', eta: formatInstant(Date.now() + 9_000) });
    await bench.until(() => bench.worker.scheduled().length === 1 && bench.worker.reserved().length === 1);
    bench.worker.revoke([behind.id, 'held']);
    assert.equal(await endOf(behind), 'REVOKED');
    assert.equal(await endOf(app.asyncResult('held')), 'REVOKED');
    bench.open(long.id);
    assert.equal(await endOf(long), 'SUCCESS');
    await bench.until(async () => (await bench.stats()).unacked === 0);
    assert.equal(bench.ear.starts('to-come') + bench.ear.starts(behind.id) + bench.ear.starts('held'), 0);
    assert.deepStrictEqual(await bench.deaths(), []);
  });

  test('WORK-61: terminate ends a task that runs, and only that: its successor in the queue is untouched', async () => {
    const running = await bench.send('hold');
    await bench.ear.started(running.id);
    const next = await bench.send('echo', ['next']);
    bench.worker.revoke(running.id, { terminate: true, signal: 'SIGKILL' });
    assert.equal(await endOf(running), 'REVOKED');
    await assert.rejects(running.get(), /terminated/);
    assert.equal(await next.get({ timeoutMs: 20_000 }), 'next');
    // What has ended cannot be terminated, nor whoever runs in its place.
    const other = await bench.send('hold');
    await bench.ear.started(other.id);
    bench.worker.revoke(next.id, { terminate: true });
    bench.open(other.id);
    assert.equal(await endOf(other), 'SUCCESS');
  });

  test('WORK-62: tasks are revoked by any of their stamped headers, running ones with terminate', async () => {
    const stamps = { stamped_headers: ['tenant', 'batch'], stamps: { batch: ['b1'], tenant: ['acme'] } };
    await bench.publish({ lang: 'py', task: 'worker.hold', id: 'stamped-1', ...stamps });
    await bench.ear.started('stamped-1');
    bench.worker.revokeByStampedHeaders({ other: 'x', tenant: ['acme', 'initech'] }, { terminate: true });
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'stamped-2', stamps: { tenant: 'initech' } });
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'stamped-3', stamps: { tenant: 'hooli' } });
    assert.equal(await endOf(app.asyncResult('stamped-1')), 'REVOKED');
    assert.equal(await endOf(app.asyncResult('stamped-2')), 'REVOKED');
    assert.equal(await endOf(app.asyncResult('stamped-3')), 'SUCCESS');
  });

  test('WORK-63: the set forgets the oldest beyond its number, and each id after its time', async () => {
    await using small = await Bench.start({ settings: { workerRevokesMax: 2, workerRevokeExpires: 1 } });
    small.worker.revoke(['a', 'b', 'c']);
    assert.deepStrictEqual(small.worker.revoked(), ['b', 'c']);
    await small.until(() => small.worker.revoked().length === 0);
    assert.equal(await (await small.send('echo', ['runs'], { taskId: 'c' })).get({ timeoutMs: 20_000 }), 'runs');
  });

  test('WORK-64: the state file keeps the set over a restart; a damaged one is set aside', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'celeriac-state-'));
    const workerStateDb = join(folder, 'worker.state');
    try {
      const queue = newQueue();
      const first = await Bench.start({ settings: { workerStateDb } }, queue);
      first.worker.revoke('kept');
      await first[Symbol.asyncDispose]();
      assert.ok(readFileSync(workerStateDb, 'utf8').includes('"kept"'));
      const second = await Bench.start({ settings: { workerStateDb } }, queue);
      assert.deepStrictEqual(second.worker.revoked(), ['kept']);
      assert.equal(await endOf(await second.send('echo', [], { taskId: 'kept' })), 'REVOKED');
      await second[Symbol.asyncDispose]();
      writeFileSync(workerStateDb, 'damaged');
      await using third = await Bench.start({ settings: { workerStateDb } }, queue);
      assert.deepStrictEqual(third.worker.revoked(), []);
      assert.ok(third.log.some(({ level, message }) => level === 'error' && message.includes('damaged')));
      assert.equal(readFileSync(`${workerStateDb}.corrupt`, 'utf8'), 'damaged');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('WORK-65: a task that is revoked while it runs finishes, and its retry is discarded', async () => {
    await bench.publish({ lang: 'py', task: 'worker.hold', id: 'again' });
    await bench.ear.started('again');
    bench.worker.revoke('again');
    bench.open('again');
    assert.equal(await endOf(app.asyncResult('again')), 'SUCCESS');
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'again', retries: 1 });
    await bench.until(async () => (await bench.stats()).unacked === 0 && (await bench.stats()).ready === 0);
    assert.equal(bench.ear.starts('again'), 1);
  });

  test('WORK-66: revoking one id touches neither its siblings in a group nor what follows in a chain', async () => {
    const group = { group: 'g1' };
    for (const id of ['sibling-1', 'sibling-2']) {
      bench.worker.revoke(id === 'sibling-1' ? id : []);
      await bench.publish({ lang: 'py', task: 'worker.echo', id, ...group, root_id: 'sibling-1' });
    }
    assert.equal(await endOf(app.asyncResult('sibling-1')), 'REVOKED');
    assert.equal(await endOf(app.asyncResult('sibling-2')), 'SUCCESS');
  });
});
