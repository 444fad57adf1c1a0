import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolSnapshot } from '../../../../core/ports/pool.js';
import { BusyTime } from '../../../../core/worker/metrics/busy-time.js';
import { FakePool } from '../../../support/fake-pool.js';

const WRAP_MS = 2 ** 32 / 1_000;

/** A pool of two whose members `index.epoch` have been busy for so long. */
function poolOf(busyMs: Readonly<Record<string, number>>): PoolSnapshot {
  const members = Object.entries(busyMs).map(([key, ms]) => {
    const [index = 0, epoch = 0] = key.split('.').map(Number);
    return { index, epoch, threadId: 1, state: 'ready', inFlight: 0, completed: 0, busyMs: ms, heapKib: 0 };
  });
  return { ...new FakePool().snapshot(), size: 2, members };
}

describe('the busy time of a pool', () => {
  it('adds up what members have added since the last look, also when they were replaced', () => {
    const busy = new BusyTime();
    busy.look(poolOf({ '0.1': 1_000, '1.1': 0 }), 0);
    busy.look(poolOf({ '0.1': 1_500, '1.2': 250 }), 1_000);
    assert.equal(busy.totalSeconds, 1.75);
    assert.equal(busy.utilization, 750 / 2_000);
  });

  it('is not fooled by a number that wraps', () => {
    const busy = new BusyTime();
    busy.look(poolOf({ '0.1': WRAP_MS - 100 }), 0);
    const before = busy.totalSeconds;
    busy.look(poolOf({ '0.1': 400 }), 1_000);
    assert.ok(Math.abs(busy.totalSeconds - before - 0.5) < 1e-6);
  });
});
