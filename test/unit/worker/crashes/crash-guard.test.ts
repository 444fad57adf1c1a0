import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { PoolJob } from '../../../../core/ports/pool.js';
import type { Settlement } from '../../../../core/ports/transport.js';
import { OutcomeKind } from '../../../../core/task/outcome-record.js';
import { CrashGuard } from '../../../../core/worker/crashes/crash-guard.js';
import { Request } from '../../../../core/worker/request.js';
import { readJournalFile } from '../../../../core/worker/crashes/run-journal.js';
import { intakeBench } from '../../../support/intake-bench.js';
import { taskDelivery } from '../../../support/task-delivery.js';
import { outcomeOf } from '../../../support/task-plan.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

let folder = '';
let path = '';
const guards: CrashGuard[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'celeriac-guard-'));
  path = join(folder, 'node.journal');
});
afterEach(() => {
  for (const guard of guards.splice(0)) guard.close();
  rmSync(folder, { recursive: true });
});

function bench(crashes: readonly (readonly [string, number])[] = [], capacity = 100) {
  const cleared: string[] = [];
  const guard = new CrashGuard({
    journal: path,
    crashes,
    onCleared: (id) => cleared.push(id),
    onError: (error) => {
      throw error;
    },
    clock: new VirtualClock(),
  });
  guards.push(guard);
  const settled: Settlement[] = [];
  const broker = {
    publish: () => undefined,
    settle: (batch: readonly Settlement[]) => {
      settled.push(...batch);
    },
  };
  const { intake, pool } = intakeBench({ guard, broker });
  pool.capacity = capacity;
  const jobs = (): readonly PoolJob[] => [...pool.jobs.keys()];
  const ids = (): readonly string[] => jobs().map((job) => (job instanceof Request ? job.message.id : 'hooks'));
  const succeed = (n: number): void => {
    const job = jobs()[n];
    assert.ok(job);
    pool.end(job, () => job.onOutcome(OutcomeKind.SUCCESS, outcomeOf({ document: '{"status":"SUCCESS"}' })));
  };
  return { guard, intake, pool, jobs, ids, succeed, cleared, settled };
}

const named = (): readonly string[] =>
  readJournalFile(path)
    .map(({ id }) => id)
    .sort();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const deliveries = (count: number, deliveryCount = 0) =>
  Array.from({ length: count }, (_, i) => taskDelivery({ tag: i + 1, deliveryCount }));

test('W8 the journal names what the pool has before the pool has it, and nothing that it has not', async () => {
  const { guard, intake, pool, succeed } = bench([], 3);
  let atSubmit: readonly string[] | null = null;
  const submit = pool.submit.bind(pool);
  pool.submit = (job) => {
    atSubmit ??= named();
    return submit(job);
  };
  intake.receive(deliveries(5));
  assert.deepStrictEqual(atSubmit, ['id-1', 'id-2', 'id-3', 'id-4', 'id-5']);
  assert.deepStrictEqual(named(), ['id-1', 'id-2', 'id-3']);
  pool.capacity = 2;
  succeed(0);
  await turn();
  assert.deepStrictEqual(named(), ['id-2', 'id-3']);
  pool.capacity = 3;
  guard.hasRoom();
  intake.feed();
  assert.deepStrictEqual(named(), ['id-2', 'id-3', 'id-4']);
});

test('a pool that is full is not asked, nor the journal written, until it has room or something has ended', () => {
  const { guard, intake, pool, ids } = bench([], 1);
  let asked = 0;
  const submit = pool.submit.bind(pool);
  pool.submit = (job) => {
    asked++;
    return submit(job);
  };
  intake.receive(deliveries(3));
  intake.feed();
  intake.feed();
  assert.equal(asked, 2);
  pool.capacity = 2;
  guard.hasRoom();
  intake.feed();
  assert.deepStrictEqual(ids(), ['id-1', 'id-2']);
});

test('what was handed back is not in the journal', async () => {
  const { intake } = bench();
  intake.receive(deliveries(3));
  intake.handBackUnstarted();
  await turn();
  assert.deepStrictEqual(named(), []);
});

test('what was seen to run is marked, with its time', () => {
  const { guard, intake, pool, jobs } = bench();
  intake.receive(deliveries(2));
  const [first] = jobs();
  assert.ok(first);
  pool.begin(first);
  guard.lookAround(intake.requests(), pool);
  assert.deepStrictEqual(
    readJournalFile(path).map(({ id, isRunning }) => [id, isRunning]),
    [
      ['id-1', true],
      ['id-2', false],
    ],
  );
});

test('C2 suspects go to the pool one at a time, others beside them', () => {
  const { intake, ids, succeed, cleared } = bench([
    ['id-1', 1],
    ['id-2', 1],
    ['id-3', 2],
  ]);
  intake.receive(deliveries(5));
  assert.deepStrictEqual(ids(), ['id-1', 'id-4', 'id-5']);
  succeed(0);
  intake.feed();
  assert.deepStrictEqual(ids(), ['id-4', 'id-5', 'id-2']);
  assert.deepStrictEqual(cleared, ['id-1']);
  succeed(2);
  intake.feed();
  assert.deepStrictEqual(ids(), ['id-4', 'id-5', 'id-3']);
});

test('a suspect that is handed back without having run stays one, and held ones go back too', async () => {
  const { guard, intake, cleared, settled } = bench([
    ['id-1', 1],
    ['id-2', 1],
  ]);
  intake.receive(deliveries(2));
  intake.handBackUnstarted();
  await turn();
  assert.deepStrictEqual(settled.map(({ action, tag }) => [action, tag]).sort(), [
    ['requeue', 1],
    ['requeue', 2],
  ]);
  assert.deepStrictEqual(cleared, []);
  assert.equal(guard.crashesOf('id-1'), 1);
});

test('a suspect that is ended with the worker stays one', () => {
  const { guard, intake, pool, jobs, cleared } = bench([['id-1', 1]]);
  intake.receive(deliveries(1));
  const [job] = jobs();
  assert.ok(job);
  pool.begin(job);
  intake.cancelRunning();
  assert.deepStrictEqual(cleared, []);
  assert.equal(guard.crashesOf('id-1'), 1);
});

test('a held suspect can be revoked', async () => {
  const { intake, ids, settled } = bench([
    ['id-1', 1],
    ['id-2', 1],
  ]);
  intake.receive(deliveries(2));
  intake.revoke(({ message }) => message.id === 'id-2', null);
  await turn();
  assert.deepStrictEqual(ids(), ['id-1']);
  assert.deepStrictEqual(
    settled.map(({ action, tag }) => [action, tag]),
    [['ack', 2]],
  );
});

test('W8 beyond the cap of deaths it is given up, in the journal while its hooks are told', async () => {
  const { intake, jobs, ids, settled, pool, cleared } = bench([['id-1', 3]]);
  intake.receive(deliveries(2));
  await turn();
  assert.deepStrictEqual(named(), ['id-1', 'id-2']);
  assert.deepStrictEqual(ids(), ['id-2', 'hooks']);
  const hooks = jobs()[1];
  assert.ok(hooks);
  pool.end(hooks, () => hooks.onOutcome(OutcomeKind.FAILURE, outcomeOf({ document: '{}' })));
  await turn();
  assert.deepStrictEqual(
    settled.map(({ action, tag }) => [action, tag]),
    [['dead-letter', 1]],
  );
  assert.deepStrictEqual(named(), ['id-2']);
  assert.deepStrictEqual(cleared, ['id-1']);
});

test('W8 hooks that have killed a process, too, are not told again', async () => {
  const { intake, ids, settled, cleared } = bench([['id-1', 4]]);
  intake.receive(deliveries(1));
  await turn();
  await turn();
  assert.deepStrictEqual(ids(), []);
  assert.deepStrictEqual(
    settled.map(({ action, tag }) => [action, tag]),
    [['dead-letter', 1]],
  );
  assert.deepStrictEqual(cleared, ['id-1']);
});

test('deliveries to processes that died count less where the journal tells who may have run', () => {
  const innocent = bench();
  innocent.intake.receive(deliveries(1, 11));
  assert.deepStrictEqual(innocent.ids(), ['id-1']);
  const endless = bench();
  endless.intake.receive(deliveries(1, 13));
  assert.deepStrictEqual(endless.ids(), []);
});
