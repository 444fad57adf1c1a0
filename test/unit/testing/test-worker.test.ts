/** TestWorker as somebody who writes tasks uses it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { TestWorker } from '../../../testing/public.js';
import { app, fail, repeat } from '../../support/members/sample-tasks.js';

const module = new URL('../../support/members/sample-tasks.js', import.meta.url);

describe('TestWorker', { timeout: 60_000 }, () => {
  it('runs what the test sends with the app it has imported, in memory', async () => {
    const worker = await TestWorker.start({ app, module });
    try {
      assert.deepEqual(worker.taskNames, ['sample.fail', 'sample.repeat']);
      assert.equal(await (await repeat.delay('ab', 3)).get({ timeoutMs: 20_000 }), 'ababab');
      await assert.rejects((await fail.delay()).get({ timeoutMs: 20_000 }), /on purpose/);
    } finally {
      await worker.close();
    }
  });

  it('comes too late for an app that has sent something', async () => {
    const worker = await TestWorker.start({ app, module });
    try {
      await (await repeat.delay('a', 1)).get({ timeoutMs: 20_000 });
      await assert.rejects(TestWorker.start({ app, module }), ConfigError);
    } finally {
      await worker.close();
    }
  });
});
