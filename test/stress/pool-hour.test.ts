/** The hour of stress (`npm run stress:pool`) for some seconds, so that the program is sound whenever it is wanted. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runHour } from './hour/run-hour.js';

const DURATION_MS = 6_000;

it('a mixture of everything that can happen to a pool: none lost, doubled, hung or out of order', async () => {
  const seed = Number(process.env['CELERIAC_SEED'] ?? Date.now() % 100_000);
  console.log(`seed ${String(seed)}`);
  const violations = await runHour({ seed, durationMs: DURATION_MS, print: console.log });
  assert.deepEqual(violations, []);
});
