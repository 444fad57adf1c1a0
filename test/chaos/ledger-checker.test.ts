/** Check the checker (reliability §4.6): a sound cluster is green under faults, each planted bug is red. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeLedger } from './ledger-checker.js';
import { PLANTS, simulateCluster, type Plant } from './simulated-cluster.js';

const SEEDS = 12;

/** The invariants that each bug breaks, at least one of them in one of the runs. */
const CAUGHT_BY: Readonly<Record<Plant, RegExp>> = {
  'ack-before-run': /^I1 .* has not ended/,
  dropped: /^I1 .* has not ended/,
  duplicated: /^I4 .* ran 2 times in the lifetime of 0 faults/,
  'result-after-ack': /^I6 .* has no result/,
  'token-check-removed': /^(I8|I4|I1) /,
  'retry-forgotten': /^I1 .* has not ended/,
};

describe('the ledger checker', { timeout: 60_000 }, () => {
  it('finds nothing in a sound cluster whose processes and members die and stall', async () => {
    let repeats = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const judgement = judgeLedger(await simulateCluster(seed));
      assert.deepEqual(judgement.violations, [], `seed ${String(seed)}`);
      assert.equal(judgement.confirmed, 300);
      repeats += judgement.repeats;
    }
    assert.ok(repeats > 0, 'no fault has made anything run twice: the runs prove nothing');
  });

  it('gives the same ledger for the same seed', async () => {
    assert.deepEqual((await simulateCluster(3)).records, (await simulateCluster(3)).records);
  });

  for (const plant of PLANTS) {
    it(`sees the planted bug "${plant}"`, async () => {
      let red = 0;
      const lines: string[] = [];
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { violations } = judgeLedger(await simulateCluster(seed, plant));
        if (violations.length > 0) red++;
        lines.push(...violations);
      }
      assert.ok(red >= SEEDS / 3, `${String(red)} of ${String(SEEDS)} runs are red`);
      assert.ok(
        lines.some((line) => CAUGHT_BY[plant].test(line)),
        lines.join('\n'),
      );
    });
  }
});
