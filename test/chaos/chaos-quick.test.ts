/**
 * The quick level of chaos, every fault once, as `npm run chaos` runs it. The seed is another one each time and printed;
 * `CELERIAC_SEED` repeats a plan. A named failpoint that nothing reaches fails the run: its fault has not struck.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { distRoot } from '../support/project.js';

const seed = process.env['CELERIAC_SEED'] ?? String(Date.now() % 1_000_000);

describe('chaos', { timeout: 470_000 }, () => {
  for (const transport of ['memory', 'sqlite']) {
    it(`on ${transport}: nothing is lost, and repeats stay within what each fault allows`, () => {
      const args = [join(distRoot, 'test', 'chaos', 'run.js'), '--seed', seed, '--transport', transport];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 230_000 });
      console.log(stdout);
      assert.equal(status, 0, `${stdout}\n${stderr}`);
      assert.match(stdout, new RegExp(`^sound: seed ${seed}$`, 'm'));
    });
  }
});
