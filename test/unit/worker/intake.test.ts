import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendError } from '../../../core/kernel/errors.js';
import type { StoredResult } from '../../../core/ports/backend.js';
import { silentLogger } from '../../../core/ports/logger.js';
import type { PoolJob } from '../../../core/ports/pool.js';
import type { Settlement } from '../../../core/ports/transport.js';
import { createSeededRandom } from '../../../core/kernel/random.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { Intake } from '../../../core/worker/intake.js';
import { Settler } from '../../../core/worker/settler.js';
import { FakeBackend } from '../../support/fake-backend.js';
import { FakePool } from '../../support/fake-pool.js';
import { intakeParts } from '../../support/intake-parts.js';
import { taskDelivery } from '../../support/task-delivery.js';
import { outcomeOf, planOf, settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function createIntake(options: { readonly capacity?: number; readonly task?: TaskOptions } = {}) {
  const clock = new VirtualClock();
  const pool = new FakePool(options.capacity);
  const backend = new FakeBackend();
  const settlements: Settlement[] = [];
  const started: StoredResult[] = [];
  const settler = new Settler({
    publish: () => Promise.resolve(),
    settle: (batch) => {
      settlements.push(...batch);
      return Promise.resolve(batch.map(() => 'settled' as const));
    },
    backend,
    clock,
    random: createSeededRandom(1),
    logger: silentLogger,
  });
  const intake = new Intake({
    ...intakeParts(settingsOf(), clock),
    pool,
    settler,
    plans: new Map([['shop.add', planOf(options.task)]]),
    storeState: (result) => started.push(result),
  });
  const tags = (action: Settlement['action']): number[] =>
    settlements.filter((one) => one.action === action).map(({ tag }) => tag);
  return { intake, pool, backend, clock, settlements, started, tags };
}

function deliveries(count: number) {
  return Array.from({ length: count }, (_, i) => taskDelivery({ tag: i + 1 }));
}

function succeed(job: PoolJob): void {
  job.onOutcome(OutcomeKind.SUCCESS, outcomeOf({ document: '{"status":"SUCCESS"}' }));
}

function jobsOf(pool: FakePool): PoolJob[] {
  return [...pool.jobs.keys()];
}

test('a full pool holds requests back, in order, until there is room', async () => {
  const { intake, pool, clock, tags } = createIntake({ capacity: 2 });
  intake.receive(deliveries(4));
  assert.equal(pool.jobs.size, 2);
  for (const job of jobsOf(pool)) pool.end(job, succeed);
  intake.feed();
  for (const job of jobsOf(pool)) pool.end(job, succeed);
  await clock.runUntilIdle();
  assert.deepStrictEqual(tags('ack'), [1, 2, 3, 4]);
  assert.equal(intake.size, 0);
});

test('handing back gives up what no member has started and lets the rest run', async () => {
  const { intake, pool, clock, tags } = createIntake({ capacity: 2 });
  intake.receive(deliveries(4));
  const [running] = jobsOf(pool);
  assert.ok(running);
  pool.begin(running);
  intake.handBackUnstarted();
  let isDrained = false;
  const drained = intake.drained().then(() => (isDrained = true));
  await clock.runUntilIdle();
  assert.deepStrictEqual(tags('requeue').sort(), [2, 3, 4]);
  assert.equal(isDrained, false);
  pool.end(running, succeed);
  await drained;
  await clock.runUntilIdle();
  assert.deepStrictEqual(tags('ack'), [1]);
});

test('a batch that arrives after the end of intake goes straight back', async () => {
  const { intake, pool, clock, settlements } = createIntake();
  intake.handBackUnstarted();
  intake.receive(deliveries(3));
  await clock.runUntilIdle();
  assert.equal(pool.jobs.size, 0);
  assert.deepStrictEqual(
    settlements.map((one) => one.action === 'requeue' && !one.countsAsDelivery),
    [true, true, true],
  );
});

test('a lost epoch recalls what no member has started and goes on with what comes next', async () => {
  const { intake, pool, clock, tags } = createIntake({ capacity: 2 });
  intake.receive(deliveries(3));
  const [running] = jobsOf(pool);
  assert.ok(running);
  pool.begin(running);
  intake.dropUnstarted();
  await clock.runUntilIdle();
  assert.deepStrictEqual(tags('requeue').sort(), [2, 3]);
  intake.receive([taskDelivery({ tag: 9 })]);
  for (const job of jobsOf(pool)) pool.end(job, succeed);
  await clock.runUntilIdle();
  assert.deepStrictEqual(tags('ack'), [1, 9]);
});

test('drained() does not wait for a store that is down', async () => {
  const { intake, pool, backend } = createIntake();
  backend.failure = () => new Error('down');
  intake.receive(deliveries(1));
  for (const job of jobsOf(pool)) pool.end(job, succeed);
  await intake.drained();
  assert.equal(intake.size, 1);
});

test('ACK-01 an early acknowledgement is given at the start, once', async () => {
  const { intake, pool, clock, tags } = createIntake({ task: { acksLate: false } });
  intake.receive(deliveries(1));
  const [job] = jobsOf(pool);
  assert.ok(job);
  pool.begin(job);
  await clock.runUntilIdle();
  assert.deepStrictEqual(tags('ack'), [1]);
  pool.end(job, succeed);
  await clock.runUntilIdle();
  assert.deepStrictEqual(tags('ack'), [1]);
  assert.equal(intake.size, 0);
});

test('STARTED is stored with the place where the task runs, where it is asked for', () => {
  const { intake, pool, started } = createIntake({ task: { trackStarted: true } });
  intake.receive(deliveries(1));
  for (const job of jobsOf(pool)) pool.begin(job);
  assert.equal(started[0]?.state, 'STARTED');
  const document = JSON.parse(Buffer.from(started[0]?.document ?? '').toString()) as { result: object };
  assert.deepStrictEqual(document.result, { pid: process.pid, hostname: 'celery@here', thread_id: 7 });
});

test('what does not run is settled without the pool', async () => {
  const { intake, pool, clock, tags } = createIntake();
  intake.receive([taskDelivery({ tag: 1, headers: { task: 'unknown' } })]);
  await clock.runUntilIdle();
  assert.equal(pool.jobs.size, 0);
  assert.deepStrictEqual(tags('dead-letter'), [1]);
});

test('a store that is gone bounds what is started, also with early acknowledgement', async () => {
  const { intake, pool, backend, clock } = createIntake({ capacity: 100, task: { acksLate: false } });
  const count = 30_000;
  let ended = 0;
  async function runAll(): Promise<void> {
    for (let jobs = jobsOf(pool); jobs.length > 0; jobs = jobsOf(pool)) {
      for (const job of jobs) {
        pool.begin(job);
        pool.end(job, succeed);
        ended++;
      }
      intake.feed();
      await clock.advance(0);
    }
  }
  backend.failure = () => new BackendError('the disk is away');
  intake.receive(deliveries(count));
  await runAll();
  assert.ok(ended >= 19_000 && ended <= 20_100, `${String(ended)} runs although nothing can be stored`);
  backend.failure = () => null;
  while (ended < count) {
    await clock.advance(10_000);
    await runAll();
  }
  await clock.runUntilIdle();
  assert.equal(backend.results.size, count);
  assert.equal(intake.size, 0);
});
