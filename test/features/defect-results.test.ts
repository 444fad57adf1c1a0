/** BUG-11: a read and a write are one step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Celeriac } from '../../core/app/public.js';
import { onEachBackend } from '../support/result-apps.js';
import { ResultWriter } from '../support/result-writer.js';

test(
  'BUG-11: of two writers at once a SUCCESS always stands, and no unready state replaces a ready one',
  { timeout: 60_000 },
  () =>
    onEachBackend(async ({ app, write }) => {
      await using other = new Celeriac('other', { brokerUrl: 'memory://', resultBackend: write.backend.address });
      const second = new ResultWriter(await other.connections.backend());
      for (let round = 0; round < 30; round++) {
        const [a, b] = [`a${String(round)}`, `b${String(round)}`];
        const writes = [
          () => write.fail(a, new RangeError('no')),
          () => second.succeed(a, round),
          () => second.progress(a, 'STARTED', null),
          () => second.fail(b, new RangeError('no')),
          () => write.progress(b, 'PROGRESS', 1),
        ];
        if (round % 2 === 1) writes.reverse();
        await Promise.all(writes.map((run) => run()));
        assert.equal(await app.asyncResult(a).get(), round);
        assert.equal(await app.asyncResult(b).state(), 'FAILURE');
      }
    }),
);
