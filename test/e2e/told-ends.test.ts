/**
 * ACK-03, WORK-42, TASK-54: tasks whose member was lost, or was ended at their hard limit, get hooks, signals and errbacks
 * in another member, once; one whose hooks kill members too ends all the same.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TimeLimitExceeded, WorkerLostError, type Task } from '../../core/app/public.js';
import { Worker } from '../../core/worker/public.js';
import { app, errback, exit, hog, poison } from '../support/members/told-tasks.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const module = new URL('../support/members/told-tasks.js', import.meta.url);
const WAIT = { timeoutMs: 60_000 };
let calls = 0;
let folder: TemporaryFolder | null = null;

/** Error of a call with an errback, and what was written of it, at least as many lines as are expected. */
async function endOf(task: Task<[string], unknown>, lineCount: number): Promise<{ error: Error; lines: string[] }> {
  const taskId = `errback-${String(++calls)}`;
  folder ??= await temporaryFolder();
  const file = join(folder.path, taskId);
  const result = await task.applyAsync({ args: [file], linkError: errback.signature({ options: { taskId } }) });
  const error = await result.get(WAIT).then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown as Error,
  );
  assert.equal(await app.asyncResult(taskId).get(WAIT), result.id);
  // The hooks run after the result, and before a late acknowledgement.
  const transport = await app.connections.transport();
  for (;;) {
    const lines = readFileSync(file, 'utf8').trimEnd().replaceAll(result.id, 'ID').split('\n');
    if (lines.length >= lineCount && (await transport.stats('celery')).unacked === 0) return { error, lines };
    await new Promise(setImmediate);
  }
}

for (const [reliability, runs] of [
  ['safe', ['run 0', 'run 1', 'run 2']],
  ['compat', ['run 0']],
] as const) {
  describe(`a worker with the profile ${reliability}`, { timeout: 240_000 }, () => {
    let worker: Worker;

    before(async () => {
      worker = await Worker.start({ app, module, concurrency: 2, settings: { reliability } });
    });

    after(() => worker.close({ timeoutMs: 5_000 }));

    it('process.exit: the hooks of the last run hear of it', async () => {
      const { error, lines } = await endOf(exit, runs.length + 3);
      assert.ok(error instanceof WorkerLostError);
      const told = ['onFailure WorkerLostError ID', 'taskFailure WorkerLostError', 'afterReturn FAILURE ID'];
      assert.deepStrictEqual(lines, [...runs, ...told]);
    });

    it('an endless loop: the hard limit ends it, and its hooks run', async () => {
      const { error, lines } = await endOf(hog, 4);
      assert.ok(error instanceof TimeLimitExceeded);
      const told = ['onFailure TimeLimitExceeded ID', 'taskFailure TimeLimitExceeded', 'afterReturn FAILURE ID'];
      assert.deepStrictEqual(lines, ['run', ...told]);
    });

    it('hooks that kill their member are not tried again, and the worker goes on', async () => {
      const { error, lines } = await endOf(poison, runs.length + 1);
      assert.ok(error instanceof WorkerLostError);
      assert.deepStrictEqual(lines, [...runs.map(() => 'run'), 'onFailure']);
      assert.equal(worker.state, 'ready');
    });
  });
}

after(async () => {
  await app.close();
  await folder?.remove();
});
