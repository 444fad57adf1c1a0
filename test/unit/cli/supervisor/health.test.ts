import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOOK_INTERVAL_MS, NodeHealth, type Illness } from '../../../../cli/supervisor/health.js';

/** Looks every interval up to `untilMs`; the first complaint and when. */
function lookUntil(health: NodeHealth, fromMs: number, untilMs: number): readonly [number, Illness] | null {
  for (let nowMs = fromMs + LOOK_INTERVAL_MS; nowMs <= untilMs; nowMs += LOOK_INTERVAL_MS) {
    const illness = health.look(nowMs);
    if (illness !== null) return [nowMs, illness];
  }
  return null;
}

const bounds = { startTimeoutMs: 30_000, beatTimeoutMs: 5_000 };

test('a node that beats is well for ever', () => {
  const health = new NodeHealth(0);
  health.loaded(0, bounds);
  health.ready(0);
  for (let nowMs = 0; nowMs < 600_000; nowMs += LOOK_INTERVAL_MS) {
    if (nowMs % 4_000 === 0) health.beat(nowMs);
    assert.equal(health.look(nowMs), null);
  }
});

test('one that has loaded its settings is silent after their bound', () => {
  const health = new NodeHealth(0);
  health.loaded(1_000, bounds);
  assert.deepStrictEqual(lookUntil(health, 0, 60_000), [6_500, 'silent']);
});

test('one that still loads its modules may be silent, and has a minute', () => {
  assert.deepStrictEqual(lookUntil(new NodeHealth(0), 0, 90_000), [60_500, 'late']);
});

test('one that beats and does not become ready is late after the bound of its members and half a minute', () => {
  const health = new NodeHealth(0);
  health.loaded(0, bounds);
  let complaint: readonly [number, Illness] | null = null;
  for (let nowMs = LOOK_INTERVAL_MS; nowMs < 90_000 && complaint === null; nowMs += LOOK_INTERVAL_MS) {
    health.beat(nowMs);
    const illness = health.look(nowMs);
    if (illness !== null) complaint = [nowMs, illness];
  }
  assert.deepStrictEqual(complaint, [60_500, 'late']);
});

test('the time in which the supervisor itself was stopped is nobody’s silence', () => {
  const health = new NodeHealth(0);
  health.loaded(0, bounds);
  health.ready(0);
  assert.equal(health.look(500), null);
  // SIGSTOP for an hour: no beat was read.
  assert.equal(health.look(3_600_500), null);
  assert.deepStrictEqual(lookUntil(health, 3_600_500, 3_700_000), [3_605_000, 'silent']);
});
