import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Celeriac } from '../../../core/app/public.js';
import type { PoolCapabilities } from '../../../core/ports/pool.js';
import { checkPoolName } from '../../../core/worker/pool-kind.js';
import { poolNotices } from '../../../core/worker/pool-notices.js';

const app = new Celeriac('notices', { setAsCurrent: false });
const ABLE: PoolCapabilities = {
  kind: 'able',
  endsComputations: true,
  interruptsComputations: true,
  containsCrashes: true,
  replacesMembers: true,
};

describe('what is said of a kind of pool at the start', () => {
  it('is nothing of one that can do all, and of defaults in either profile', () => {
    const settings = app.settingsWith({ workerMaxTasksPerChild: 5, workerConcurrency: 9 });
    assert.deepEqual(poolNotices(ABLE, settings, []), []);
    for (const reliability of ['safe', 'compat'] as const) {
      const poor = { ...ABLE, replacesMembers: false, ignores: ['laneDepth', 'maxRetainedBytes', 'odd'] };
      assert.deepEqual(poolNotices(poor, app.settingsWith({ reliability }), []), []);
    }
  });

  it('names each setting once that the pool says to ignore', () => {
    const poor = { ...ABLE, replacesMembers: false, ignores: ['laneDepth', 'maxAgeMs'] };
    const settings = app.settingsWith({ workerLaneDepth: 3, workerMaxAgeMs: 5_000 });
    assert.deepEqual(poolNotices(poor, settings, []), [
      'no effect with the pool "able": workerMaxAgeMs, workerLaneDepth',
    ]);
  });

  it('is that a pool of fixed size does not scale', () => {
    const settings = app.settingsWith({ workerAutoscaleMax: 4 });
    assert.deepEqual(poolNotices(ABLE, settings, []), []);
    assert.deepEqual(poolNotices({ ...ABLE, hasFixedSize: true }, settings, []), [
      'no effect with the pool "able": workerAutoscaleMax',
    ]);
  });

  it('takes a path for a pool, and a word only when it is one', () => {
    for (const name of ['threads', 'custom', './my-pool.js', 'file:///pool.js', '@me/pool', 'my-pool:create']) {
      assert.doesNotThrow(() => checkPoolName(name));
    }
    assert.throws(() => checkPoolName('solos'), /did you mean "solo"/);
    assert.throws(() => checkPoolName('fibers'), /or a module as \.\/my-pool\.js/);
  });
});
