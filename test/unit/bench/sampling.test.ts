import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BenchContext, Side } from '../../../bench/harness/bench-case.js';
import { checkWork } from '../../../bench/harness/check-work.js';
import { compareSides, measureSide } from '../../../bench/harness/sampling.js';

const context: BenchContext = {
  isQuick: false,
  sampleCount: 3,
  warmupCount: 1,
  metric: { unit: 'tasks/s', better: 'higher' },
  size: (full) => full,
  log: () => undefined,
};

/** A side that notes each call as `<name>.<call>` and answers the given values in turn. */
function scriptedSide(name: string, calls: string[], values: readonly number[]): Side {
  let taken = 0;
  const note = (call: string): Promise<void> => {
    calls.push(`${name}.${call}`);
    return Promise.resolve();
  };
  return {
    label: name,
    settings: {},
    setup: () => note('setup'),
    sample: async () => {
      await note('sample');
      return values[taken++] ?? NaN;
    },
    teardown: () => note('teardown'),
  };
}

describe('taking samples', () => {
  it('sets up both sides first, takes turns, and alternates who begins', async () => {
    const calls: string[] = [];
    const quick = { ...context, sampleCount: 2 };
    await compareSides(quick, scriptedSide('a', calls, [1, 1, 1]), scriptedSide('b', calls, [1, 1, 1]));
    const samples = ['a.sample', 'b.sample', 'b.sample', 'a.sample', 'a.sample', 'b.sample'];
    assert.deepEqual(calls, ['a.setup', 'b.setup', ...samples, 'a.teardown', 'b.teardown']);
  });

  it('throws warm-ups away and compares medians', async () => {
    const a = scriptedSide('a', [], [1, 60, 40, 50]);
    const b = scriptedSide('b', [], [999, 10, 30, 20]);
    const comparison = await compareSides(context, a, b, { goalRatio: 2 });
    assert.deepEqual(comparison.a.samples, [60, 40, 50]);
    assert.deepEqual([comparison.a.median, comparison.a.min, comparison.a.max], [50, 40, 60]);
    assert.equal(comparison.b?.median, 20);
    assert.equal(comparison.ratio, 2.5);
    assert.equal(comparison.goalRatio, 2);
  });

  it('measures A alone where the peer is missing, and names no ratio', async () => {
    const comparison = await compareSides(context, scriptedSide('a', [], [1, 2, 3, 4]), null);
    assert.equal(comparison.a.median, 3);
    assert.equal(comparison.b, null);
    assert.equal(comparison.ratio, null);
  });

  it('a wrong sum fails the run, and both sides are torn down all the same', async () => {
    const calls: string[] = [];
    const wrong: Side = {
      ...scriptedSide('b', calls, []),
      sample: () => {
        checkWork({ count: 10, checksum: 45 }, { count: 10, checksum: 44 });
        return Promise.resolve(1);
      },
    };
    await assert.rejects(compareSides(context, scriptedSide('a', calls, [1]), wrong), /checksum 44 instead of 45/);
    assert.deepEqual(calls.slice(-2), ['a.teardown', 'b.teardown']);
  });

  it('a missing result fails the run', () => {
    assert.throws(() => {
      checkWork({ count: 10, checksum: 45 }, { count: 9, checksum: 45 });
    }, /9 results instead of 10/);
  });

  it('measures one side against its goal', async () => {
    const measurement = await measureSide(context, scriptedSide('a', [], [9, 3, 1, 2]), { goal: 2 });
    assert.equal(measurement.series.median, 2);
    assert.equal(measurement.goal, 2);
  });
});
