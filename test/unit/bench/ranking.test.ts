import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BenchContext, Ranking } from '../../../bench/harness/bench-case.js';
import { describeRankings } from '../../../bench/harness/ranking-table.js';
import { rankEntrants, verdictOf, type Entrant } from '../../../bench/harness/ranking.js';
import { describeFinding } from '../../../bench/harness/report.js';

const metric = { unit: 'calls/s', better: 'higher' } as const;

const context: BenchContext = {
  isQuick: false,
  sampleCount: 2,
  warmupCount: 1,
  metric,
  size: (full) => full,
  log: () => undefined,
};

/** Notes each call as `<id>.<call>` and answers the readings in turn. */
function scripted(
  id: string,
  calls: string[],
  readings: readonly (Readonly<Record<string, number>> | Error)[],
): Entrant {
  let taken = 0;
  const note = (call: string): Promise<void> => {
    calls.push(`${id}.${call}`);
    return Promise.resolve();
  };
  return {
    id,
    label: `${id} 1.0`,
    open: async () => {
      await note('open');
      return {
        sample: async () => {
          await note('sample');
          const reading = readings[taken++] ?? {};
          if (reading instanceof Error) throw reading;
          return reading;
        },
        close: () => note('close'),
      };
    },
  };
}

const of = (...rates: readonly number[]) => rates.map((rate) => ({ rate }));

async function rankOne(
  entrants: readonly Entrant[],
  goals: { readonly goal?: number; readonly goalRatio?: number } = {},
): Promise<Ranking> {
  const [ranking] = await rankEntrants(context, entrants, [{ name: 'rate', metric, ...goals }]);
  assert.ok(ranking);
  return ranking;
}

describe('ranking', () => {
  it('opens all, lets another one begin each round, closes all', async () => {
    const calls: string[] = [];
    await rankOne(['a', 'b', 'c'].map((id) => scripted(id, calls, of(1, 1, 1))));
    const rounds = ['a', 'b', 'c', 'b', 'c', 'a', 'c', 'a', 'b'].map((id) => `${id}.sample`);
    const inOrder = ['a', 'b', 'c'];
    assert.deepEqual(calls, [...inOrder.map((id) => `${id}.open`), ...rounds, ...inOrder.map((id) => `${id}.close`)]);
  });

  it('compares our median with that of the best peer, without the warm-up', async () => {
    const ranking = await rankOne([
      scripted('ours', [], of(1, 90, 110)),
      scripted('slow', [], of(999, 5, 5)),
      scripted('fast', [], of(0, 40, 60)),
    ]);
    assert.equal(ranking.best, 'fast');
    assert.equal(ranking.ratio, 2);
  });

  it('where lower is better the best peer is the lowest, and a ratio above 1 is still ours', async () => {
    const rows = [{ name: 'rate', metric: { unit: 'ms', better: 'lower' }, goalRatio: 1.5 }] as const;
    const entrants = [
      scripted('ours', [], of(0, 2, 2)),
      scripted('x', [], of(0, 4, 4)),
      scripted('y', [], of(0, 9, 9)),
    ];
    const [ranking] = await rankEntrants(context, entrants, rows);
    assert.equal(ranking?.best, 'x');
    assert.equal(ranking.ratio, 2);
    assert.equal(verdictOf(ranking), 'reached');
  });

  it('a peer that fails is left out with its reason, and closed', async () => {
    const calls: string[] = [];
    const broken = scripted('broken', calls, [...of(1, 1), new Error('3 calls lost')]);
    const ranking = await rankOne([scripted('ours', [], of(1, 1, 1)), broken, scripted('sound', [], of(2, 2, 2))]);
    assert.equal(ranking.places[1]?.failure, '3 calls lost');
    assert.equal(ranking.places[1].series, null);
    assert.equal(ranking.best, 'sound');
    assert.equal(calls.at(-1), 'broken.close');
  });

  it('a peer that is not there leaves no ratio, and fails nothing', async () => {
    const absent: Entrant = { ...scripted('absent', [], []), open: () => Promise.reject(new Error('not installed')) };
    const ranking = await rankOne([scripted('ours', [], of(1, 1, 1)), absent], { goalRatio: 10 });
    assert.equal(ranking.ratio, null);
    assert.equal(verdictOf(ranking), '');
  });

  it('our own failure fails the run, and everybody is closed all the same', async () => {
    const calls: string[] = [];
    const ours = scripted('ours', calls, [new Error('wrong sum')]);
    await assert.rejects(rankOne([ours, scripted('peer', calls, of(1))]), /wrong sum/);
    assert.deepEqual(calls.slice(-2), ['ours.close', 'peer.close']);
  });

  it('is reached when both the ratio and our own goal are', async () => {
    const entrants = () => [scripted('ours', [], of(0, 100, 100)), scripted('peer', [], of(0, 10, 10))];
    assert.equal(verdictOf(await rankOne(entrants(), { goalRatio: 10, goal: 100 })), 'reached');
    assert.equal(verdictOf(await rankOne(entrants(), { goalRatio: 10.1, goal: 100 })), 'MISSED');
    assert.equal(verdictOf(await rankOne(entrants(), { goalRatio: 10, goal: 101 })), 'MISSED');
    assert.equal(verdictOf(await rankOne(entrants())), '');
  });
});

describe('report of rankings', () => {
  const rank = () => [
    scripted('ours', [], of(0, 1_310_000, 1_310_000)),
    scripted('peer', [], of(0, 65_500, 65_500)),
    scripted('gone', [], [new Error('hangs')]),
  ];

  it('shows every series with its spread and marks the best peer', async () => {
    const text = describeFinding(await rankOne(rank(), { goalRatio: 10 }));
    assert.equal(
      text,
      [
        ' rate (higher is better): 20× the best peer (*); goal reached',
        '  ·  ours 1.0: 1,310,000 calls/s (1,310,000 – 1,310,000)',
        '  *  peer 1.0: 65,500 calls/s (65,500 – 65,500)',
      ].join('\n'),
    );
  });

  it('the table has a column for each contender, the ratio to the best, the goal, the verdict, and why one dropped out', async () => {
    const findings = [await rankOne(rank(), { goalRatio: 10 })];
    const table = describeRankings([{ name: 'pool-x', question: '', topology: '', findings }]) ?? '';
    const lines = table.split('\n').map((line) => line.split(/ {2,}/));
    assert.deepEqual(lines, [
      ['case', 'unit', 'ours', 'peer', 'gone', 'best peer', 'ratio', 'goal'],
      ['pool-x: rate', 'calls/s', '1.31M', '66k', 'failed', 'peer', '20.0×', '≥ 10×', 'reached'],
      ['gone failed at pool-x: hangs'],
    ]);
  });

  it('there is no table where nothing was ranked', () => {
    assert.equal(describeRankings([{ name: 'other', question: '', topology: '', findings: [] }]), null);
  });
});
