/**
 * What every pool of members must do. An adapter's test creates its pool over test/support/members/scripted.ts; what a kind
 * cannot do is said by its capabilities, and left out with that reason.
 */
import { describe } from 'node:test';
import { exerciseDeaths } from './pool-deaths.contract.js';
import { exerciseLimits } from './pool-limits.contract.js';
import { exerciseMembers } from './pool-members.contract.js';
import { exerciseRenewal } from './pool-renewal.contract.js';
import { exerciseRuns } from './pool-runs.contract.js';
import { exerciseClose, exerciseStart } from './pool-start.contract.js';
import { exerciseWaits } from './pool-waits.contract.js';
import { PoolSuite, type CreatePool } from './pool-suite.js';

export function exercisePool(name: string, create: CreatePool): void {
  const suite = new PoolSuite(create);
  describe(`${name}: a pool of members`, { timeout: 120_000 }, () => {
    exerciseRuns(suite);
    exerciseStart(suite);
    exerciseDeaths(suite);
    exerciseLimits(suite);
    exerciseMembers(suite);
    exerciseClose(suite);
    exerciseRenewal(suite);
    exerciseWaits(suite);
  });
}
