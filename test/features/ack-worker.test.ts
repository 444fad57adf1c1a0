/** ACK-01 to 09: when a message is acknowledged, and what becomes of it when its task does not end well. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkerLostError } from '../../core/kernel/errors.js';
import { silentLogger } from '../../core/ports/logger.js';
import { OutcomeKind } from '../../core/task/outcome-record.js';
import { intakeBench } from '../support/intake-bench.js';
import { taskDelivery } from '../support/task-delivery.js';
import { outcomeOf } from '../support/task-plan.js';
import { Bench, endOf, newQueue } from '../support/worker-bench.js';

describe('acknowledgement', { timeout: 60_000 }, () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.start();
  });
  after(() => bench[Symbol.asyncDispose]());

  /** State, number of starts, and reasons of new dead letters of a task that ends in this manner. */
  async function fateOf(task: string, manner: string, on: Bench = bench): Promise<string> {
    const before = (await on.deaths()).length;
    const sent = await on.send(task, [manner]);
    const state = await endOf(sent);
    await on.until(async () => {
      const { unacked, ready } = await on.stats();
      return unacked + ready === 0;
    });
    await on.ear.started(sent.id);
    const dead = (await on.deaths()).length - before;
    return `${state} ${String(on.ear.starts(sent.id))} ${String(dead)}`;
  }

  test('ACK-01: an early task is acknowledged when it starts, a late one when it has ended', async () => {
    await using alone = await Bench.start();
    const early = await alone.send('holdEarly');
    await alone.ear.started(early.id);
    await alone.until(async () => (await alone.stats()).unacked === 0);
    alone.open(early.id);
    await early.get({ timeoutMs: 20_000 });
    const late = await alone.send('hold');
    await alone.ear.started(late.id);
    assert.equal((await alone.stats()).unacked, 1);
    alone.open(late.id);
    await late.get({ timeoutMs: 20_000 });
    await alone.until(async () => (await alone.stats()).unacked === 0);
  });

  test('ACK-02: the matrix, late, early, and late without acksOnFailure and acksOnTimeout, cell by cell', async () => {
    const cells: readonly (readonly [manner: string, late: string, strict: string, early: string])[] = [
      ['fail', 'FAILURE 1 0', 'FAILURE 1 1', 'FAILURE 1 0'],
      ['soft', 'FAILURE 1 0', 'FAILURE 1 1', 'FAILURE 1 0'],
      ['hang', 'FAILURE 1 0', 'SUCCESS 2 0', 'FAILURE 1 0'],
      ['exit', 'SUCCESS 2 0', 'SUCCESS 2 0', 'FAILURE 1 0'],
      ['reject', 'FAILURE 1 1', 'FAILURE 1 1', 'FAILURE 1 0'],
      ['requeue', 'SUCCESS 2 0', 'SUCCESS 2 0', ''],
      ['retry', 'SUCCESS 2 0', 'SUCCESS 2 0', 'SUCCESS 2 0'],
    ];
    const tasks = ['late', 'strict', 'early'] as const;
    const seen: string[][] = [];
    for (const [manner] of cells) {
      const row = [manner];
      for (const task of tasks) row.push(manner === 'requeue' && task === 'early' ? '' : await fateOf(task, manner));
      seen.push(row);
    }
    assert.deepStrictEqual(seen, cells);
    // Ignored, and rejected early with requeue: no state, and nothing is left.
    for (const [task, manner] of [
      ['late', 'ignore'],
      ['early', 'ignore'],
      ['early', 'requeue'],
    ] as const) {
      const sent = await bench.send(task, [manner]);
      await bench.ear.started(sent.id);
      await bench.until(async () => (await bench.stats()).unacked + (await bench.stats()).ready === 0);
      await (await bench.send('echo')).get({ timeoutMs: 20_000 });
      assert.deepStrictEqual([await sent.state(), bench.ear.starts(sent.id)], ['PENDING', 1], `${task} ${manner}`);
    }
  });

  test('ACK-03: a late task whose member dies runs again in safe; in compat it has failed and is acknowledged', async () => {
    assert.equal(await fateOf('late', 'exit'), 'SUCCESS 2 0');
    await using compat = await Bench.start({ settings: { reliability: 'compat' } }, newQueue());
    assert.equal(await fateOf('late', 'exit', compat), 'FAILURE 1 0');
    await using rejecting = await Bench.start(
      { settings: { reliability: 'compat', taskRejectOnWorkerLost: true } },
      newQueue(),
    );
    assert.equal(await fateOf('late', 'exit', rejecting), 'SUCCESS 2 0');
  });

  test('ACK-04: an early task whose member dies has failed, with what happened to it', async () => {
    const sent = await bench.send('early', ['exit']);
    await assert.rejects(sent.get({ timeoutMs: 20_000 }), WorkerLostError);
    assert.deepStrictEqual([await sent.state(), bench.ear.starts(sent.id)], ['FAILURE', 1]);
  });

  test('ACK-05: Reject dead-letters a late message and stores FAILURE; with requeue it is delivered again without a state', async () => {
    assert.equal(await fateOf('late', 'reject'), 'FAILURE 1 1');
    assert.equal(await fateOf('late', 'requeue'), 'SUCCESS 2 0');
    // Early: the acknowledgement has already happened.
    assert.equal(await fateOf('early', 'reject'), 'FAILURE 1 0');
  });

  test('ACK-06: process.exit in a task ends its member and not the worker', async () => {
    const sent = await bench.send('early', ['exit']);
    assert.equal(await endOf(sent), 'FAILURE');
    assert.equal(await (await bench.send('echo', ['here'])).get({ timeoutMs: 20_000 }), 'here');
    assert.equal(bench.worker.state, 'ready');
  });

  test('ACK-07: an acknowledgement after the connection was lost is logged and no error', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, line: string) => lines.push(line) };
    const { intake, pool, batches, clock } = intakeBench({ outcome: 'gone', logger });
    intake.receive([taskDelivery({ tag: 7 })]);
    for (const job of [...pool.jobs.keys()]) pool.end(job, () => job.onOutcome(OutcomeKind.SUCCESS, outcomeOf()));
    await clock.runUntilIdle();
    assert.deepStrictEqual(
      batches.flat().map(({ action, tag }) => [action, tag]),
      [['ack', 7]],
    );
    assert.match(lines.join(), /taken over by another worker/);
    assert.equal(intake.size, 0);
  });

  test('ACK-08: acknowledgements of tasks that end together leave as one batch', async () => {
    const { intake, pool, batches, clock } = intakeBench();
    intake.receive(Array.from({ length: 60 }, (_, tag) => taskDelivery({ tag })));
    for (const job of [...pool.jobs.keys()]) pool.end(job, () => job.onOutcome(OutcomeKind.SUCCESS, outcomeOf()));
    await clock.runUntilIdle();
    assert.deepStrictEqual(
      batches.map((batch) => batch.length),
      [60],
    );
  });

  test('ACK-09: unacknowledged messages count: with a multiplier of 1 a late worker holds one for each member', async () => {
    await using narrow = await Bench.start({ concurrency: 2, settings: { workerPrefetchMultiplier: 1 } });
    const sent = await Promise.all(Array.from({ length: 5 }, () => narrow.send('hold')));
    await narrow.until(() => sent.filter(({ id }) => narrow.ear.starts(id) > 0).length === 2);
    const { unacked, ready } = await narrow.stats();
    assert.deepStrictEqual([unacked, ready], [2, 3]);
  });
});
