import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateWorker, type History, type SimulationReport } from '../../support/worker-simulation.js';

const SEEDS = 2_500;
const SETTLEMENTS = ['ack', 'requeue', 'dead-letter'];

/** What must hold of every delivery; the error names what does not. */
function checkHistory(tag: number, history: History, acksEarly: boolean): void {
  const where = `delivery ${String(tag)}: ${history.join(', ')}`;
  const settled = history.filter((what) => SETTLEMENTS.includes(what));
  assert.equal(settled.length, 1, `settled once, ${where}`);
  const settledAt = history.findIndex((what) => SETTLEMENTS.includes(what));
  const storedAt = history.findIndex((what) => what.startsWith('store'));
  const publishedAt = history.indexOf('publish');
  if (!acksEarly) {
    assert.ok(storedAt < settledAt, `the result before the ack, ${where}`);
    assert.ok(publishedAt < settledAt, `successors before the ack, ${where}`);
  }
  if (storedAt !== -1) assert.ok(publishedAt < storedAt, `successors before the result, ${where}`);
  if (!history.includes('start') && !history.includes('epilogue') && !history.includes('store REVOKED')) {
    assert.notEqual(settled[0], 'ack', `what never ran is not acknowledged, ${where}`);
  }
  if (history.filter((what) => what === 'start').length > 1) assert.fail(`it ran twice, ${where}`);
  const told = history.filter((what) => what === 'epilogue').length;
  assert.ok(told <= 1, `its hooks were told twice, ${where}`);
  if (told === 1) assert.notEqual(settled[0], 'requeue', `what has failed for good does not run again, ${where}`);
}

function check(report: SimulationReport): void {
  for (const [tag, history] of report.histories) checkHistory(tag, history, report.acksEarly.has(tag));
  assert.equal(report.inHand, 0, 'nothing stays in hand');
  assert.equal(report.timers, 0, 'no timer is left');
}

test(`every delivery is settled once and in order, whatever fails (${String(SEEDS)} seeds)`, async () => {
  let deliveries = 0;
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await simulateWorker(seed);
    try {
      check(report);
    } catch (error) {
      throw new Error(`seed ${String(seed)}`, { cause: error });
    }
    deliveries += report.histories.size;
    for (const what of [...report.histories.values()].flat()) ends.set(what, (ends.get(what) ?? 0) + 1);
  }
  // The simulation must have been where it claims to have been.
  assert.ok(deliveries > SEEDS * 5, `only ${String(deliveries)} deliveries`);
  for (const what of [
    'start',
    'epilogue',
    'publish',
    'store SUCCESS',
    'store FAILURE',
    'store RETRY',
    'store REVOKED',
    ...SETTLEMENTS,
  ]) {
    assert.ok((ends.get(what) ?? 0) > SEEDS / 10, `${what} hardly happened`);
  }
});

test('the same seed gives the same run', async () => {
  assert.deepStrictEqual(await simulateWorker(7), await simulateWorker(7));
});
