/**
 * One body that is far larger than a ring or a pipe, to a task and back, through the whole of a worker: 32 MB, with
 * CELERIAC_FULL=1 200 MB. What it takes is printed; memory is bounded by a number of copies, not by luck.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MEGABYTES = process.env['CELERIAC_FULL'] === '1' ? 200 : 32;
/** Producer, broker, worker and reader of the result are one process here: each has the body as text and as bytes. */
const MAX_COPIES = 16;
const BASE_MB = 300;

interface Taken {
  readonly inMs: number;
  readonly bothMs: number;
  readonly hostPeakMb: number;
  readonly memberPeakMb: number;
}

describe('a large body', { timeout: 900_000 }, () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-large-'));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const pool of ['threads', 'processes']) {
    it(`of ${String(MEGABYTES)} MB reaches a task and comes back, pool ${pool}`, async () => {
      const program = fileURLToPath(new URL('../support/large-body.js', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [program, pool, String(MEGABYTES)], {
        env: { ...process.env, LARGE_DATABASE: join(folder, `${pool}.db`) },
      });
      const taken = JSON.parse(stdout) as Taken;
      console.log(`${pool} ${String(MEGABYTES)} MB ${stdout}`);
      assert.ok(taken.hostPeakMb < BASE_MB + MAX_COPIES * MEGABYTES, stdout);
      assert.ok(taken.memberPeakMb < BASE_MB + MAX_COPIES * MEGABYTES, stdout);
    });
  }
});
