import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BackendError } from '../../../../core/kernel/errors.js';
import { healthOf } from '../../../../core/worker/metrics/health.js';
import { VitalSigns, type VitalParts } from '../../../../core/worker/metrics/vital-signs.js';
import { FakePool } from '../../../support/fake-pool.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

type Sign = NonNullable<NonNullable<VitalParts['consumers']>['sign']>;

function signsOf(options: { readonly fetch?: () => Promise<never[]>; readonly signIntervalMs?: number }) {
  const clock = new VirtualClock();
  const sign: { lastSignMonoMs: number } & Sign = {
    lastSignMonoMs: clock.nowMonoMs(),
    signIntervalMs: options.signIntervalMs ?? 1_000,
  };
  const backend = options.fetch === undefined ? null : { fetch: options.fetch };
  return { clock, sign, vitals: new VitalSigns({ consumers: { sign }, backend }, clock) };
}

describe('the vital signs of a worker', () => {
  it('tell how long ago the broker answered, and give it its interval twice and ten seconds', async () => {
    const { clock, vitals, sign } = signsOf({ signIntervalMs: 1_000 });
    await clock.advance(12_000);
    assert.equal(vitals.claimAgeMs, 12_000);
    assert.equal(vitals.isClaiming, true);
    await clock.advance(1);
    assert.equal(vitals.isClaiming, false);
    sign.lastSignMonoMs = clock.nowMonoMs();
    assert.equal(vitals.isClaiming, true);
  });

  it('ask a store only when it has not been heard of for five seconds', async () => {
    let asked = 0;
    const { clock, vitals } = signsOf({
      fetch: () => {
        asked++;
        return Promise.resolve([]);
      },
    });
    await clock.advance(4_999);
    assert.equal(await vitals.answersBackend(), true);
    assert.equal(asked, 0);
    await clock.advance(1);
    assert.deepEqual(await Promise.all([vitals.answersBackend(), vitals.answersBackend()]), [true, true]);
    assert.equal(asked, 1);
    assert.equal(vitals.backendAgeMs, 0);
    await clock.advance(60_000);
    vitals.stored();
    assert.equal(await vitals.answersBackend(), true);
    assert.equal(asked, 1);
  });

  it('take a store that fails for gone, and one that does not answer within two seconds', async () => {
    const failing = signsOf({ fetch: () => Promise.reject(new BackendError('gone')) });
    await failing.clock.advance(6_000);
    assert.equal(await failing.vitals.answersBackend(), false);
    const silent = signsOf({ fetch: () => new Promise(() => undefined) });
    await silent.clock.advance(6_000);
    const answer = silent.vitals.answersBackend();
    await silent.clock.advance(2_000);
    assert.equal(await answer, false);
    assert.equal(silent.vitals.backendAgeMs, 8_000);
  });
});

describe('the health of a worker', () => {
  it('is ready only while it consumes, its broker and store answer and a member is ready', async () => {
    const { clock, vitals } = signsOf({});
    const parts = { pool: new FakePool(), vitals };
    const ready = await healthOf({ state: 'ready', parts, startedMonoMs: clock.nowMonoMs() - 500, clock });
    assert.deepEqual(ready, {
      isStarted: true,
      isAlive: true,
      isReady: true,
      state: 'ready',
      uptimeMs: 500,
      claimAgeMs: 0,
      backendAgeMs: null,
      readyMembers: 1,
      stuckThreads: 0,
    });
    const without = await healthOf({ state: 'ready', parts: { pool: null, vitals }, startedMonoMs: 0, clock });
    assert.equal(without.isReady, false);
    const closing = await healthOf({ state: 'closing', parts, startedMonoMs: 0, clock });
    assert.deepEqual([closing.isStarted, closing.isAlive, closing.isReady], [true, true, false]);
    const starting = await healthOf({ state: 'starting', parts, startedMonoMs: 0, clock });
    assert.deepEqual([starting.isStarted, starting.isReady], [false, false]);
    const closed = await healthOf({ state: 'closed', parts, startedMonoMs: 0, clock });
    assert.equal(closed.isAlive, false);
    await clock.advance(60_000);
    assert.equal((await healthOf({ state: 'ready', parts, startedMonoMs: 0, clock })).isReady, false);
  });

  it('is alive with as many stuck threads as it has members, and with one more it is not', async () => {
    const { clock, vitals } = signsOf({});
    const pool = new FakePool();
    const healthWith = async (stuckThreads: number): Promise<boolean> => {
      const snapshot = { ...pool.snapshot(), size: 2, stuckThreads };
      const parts = { pool: Object.assign(new FakePool(), { snapshot: () => snapshot }), vitals };
      return (await healthOf({ state: 'ready', parts, startedMonoMs: 0, clock })).isAlive;
    };
    assert.deepEqual([await healthWith(2), await healthWith(3)], [true, false]);
  });
});
