import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BREAKER_DELAY_MS, RestartPolicy } from '../../../../cli/supervisor/restart-policy.js';
import { createSeededRandom } from '../../../../core/kernel/random.js';

test('N4 a first death costs a fifth of a second at most, the next ones more, the fifth in a row opens the breaker', () => {
  const policy = new RestartPolicy(createSeededRandom(1));
  const decisions = Array.from({ length: 7 }, () => policy.died(1_000));
  assert.deepStrictEqual(
    decisions.map(({ isOpen, deaths }) => [deaths, isOpen]),
    [
      [1, false],
      [2, false],
      [3, false],
      [4, false],
      [5, true],
      [6, true],
      [7, true],
    ],
  );
  assert.deepStrictEqual(
    decisions.slice(4).map(({ delayMs }) => delayMs),
    [BREAKER_DELAY_MS, BREAKER_DELAY_MS, BREAKER_DELAY_MS],
  );
});

test('every delay is within its step, whatever the dice', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const policy = new RestartPolicy(createSeededRandom(seed));
      for (const step of [200, 400, 800, 1_600]) {
        const { delayMs } = policy.died(null);
        assert.ok(delayMs >= step / 2 && delayMs <= step, `${String(delayMs)} ms at ${String(step)}`);
      }
    }),
  );
});

test('a node that was ready for a minute starts from the beginning, one that was not does not', () => {
  const policy = new RestartPolicy(createSeededRandom(1));
  for (let i = 0; i < 6; i++) policy.died(59_999);
  assert.equal(policy.died(59_999).isOpen, true);
  assert.deepStrictEqual(policy.died(60_000).deaths, 1);
});

test('what ended because it was told to is forgotten', () => {
  const policy = new RestartPolicy(createSeededRandom(1));
  for (let i = 0; i < 6; i++) policy.died(null);
  policy.reset();
  const { deaths, delayMs } = policy.died(null);
  assert.equal(deaths, 1);
  assert.ok(delayMs <= 200);
});
