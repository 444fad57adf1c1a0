/** Tasks that throw whatever they like, in threads and in processes: the failure that a caller gets, and who stays (T3). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConfigError, type RemoteTaskError } from '../../core/app/public.js';
import { silentLogger } from '../../core/ports/logger.js';
import { Worker } from '../../core/worker/public.js';
import { aborts, app, live, overflows, rejects, throws, where } from '../support/members/failing-tasks.js';
import { app as unlike, exit } from '../support/members/unlike-tasks.js';

const urlOf = (name: string): URL => new URL(`../support/members/${name}.js`, import.meta.url);
const WAIT = { timeoutMs: 30_000 } as const;

/** What is thrown → type and message of the failure. */
const FAILURES = [
  ['error', 'Refused', /^refused$/],
  ['words', 'Exception', /^only words$/],
  ['nothing', 'Exception', /undefined/],
  ['bare', 'Exception', /./],
  ['frozen', 'RangeError', /^frozen$/],
  ['unreadable', 'Unreadable', /^$/],
] as const;

async function failureOf(sent: Promise<{ get(options: typeof WAIT): Promise<unknown> }>): Promise<RemoteTaskError> {
  const result = await sent;
  const neighbours = await Promise.all([1, 2, 3].map((n) => live.delay(n)));
  const error = await result.get(WAIT).then(
    () => assert.fail('it has not failed'),
    (reason: unknown) => reason as RemoteTaskError,
  );
  assert.deepEqual(await Promise.all(neighbours.map((one) => one.get(WAIT))), [1, 2, 3]);
  return error;
}

for (const workerPool of ['threads', 'processes'] as const) {
  describe(`a worker with the pool ${workerPool}`, { timeout: 120_000 }, () => {
    let worker: Worker;

    before(async () => {
      const settings = { workerPool, reliability: 'compat' } as const;
      worker = await Worker.start({ app, module: urlOf('failing-tasks'), concurrency: 1, settings });
    });

    after(async () => {
      await worker.close({ timeoutMs: 5_000 });
    });

    it('tells what a task has thrown or rejected with, whatever it is, and keeps its member', async () => {
      const member = await (await where.delay()).get(WAIT);
      for (const task of [throws, rejects]) {
        for (const [kind, type, says] of FAILURES) {
          const error = await failureOf(task.delay(kind));
          assert.equal(error.type, type, kind);
          assert.match(error.message, says, kind);
        }
      }
      assert.equal(await (await where.delay()).get(WAIT), member);
    });

    it('T3 fails a task whose stack overflows, and keeps its member', async () => {
      const member = await (await where.delay()).get(WAIT);
      const error = await failureOf(overflows.delay());
      assert.match(error.message, /Maximum call stack size exceeded/);
      assert.equal(await (await where.delay()).get(WAIT), member);
    });

    it('T3 process.abort() fails the task, and ends a process of its own', async () => {
      const member = await (await where.delay()).get(WAIT);
      const error = await failureOf(aborts.delay());
      const isThread = workerPool === 'threads';
      assert.match(error.message, isThread ? /process\.abort\(\) is not supported/ : /member 0 .* killed by SIGABRT/);
      assert.equal((await (await where.delay()).get(WAIT)) === member, isThread);
    });

    it('refuses to start with members that do not have the same tasks, and says which', () =>
      assert.rejects(
        Worker.start({ app: unlike, module: urlOf('unlike-tasks'), concurrency: 2, settings: { workerPool } }),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, /do not agree on the tasks: missing: unlike\.only-.*; only there: unlike\.only-/);
          return true;
        },
      ));

    it('WORK-08 takes no replacement that has other tasks, and says which', async () => {
      let tell: (line: string) => void = () => undefined;
      const said = new Promise<string>((resolve) => (tell = resolve));
      const error = (_fields: object, line: string): void => {
        if (line.includes('cannot take its place')) tell(line);
      };
      const lonely = await Worker.start({
        ...{ app: unlike, module: urlOf('unlike-tasks'), concurrency: 1, logger: { ...silentLogger, error } },
        settings: { workerPool, reliability: 'compat' },
      });
      await exit.delay();
      const tasks =
        'its tasks are not those of the first members: missing: unlike\\.only-.*; only there: unlike\\.only-';
      assert.match(await said, new RegExp(`^member 0 lost: member 0 \\(.*\\) cannot take its place: ${tasks}`));
      await lonely.close({ timeoutMs: 0 });
    });
  });
}

after(async () => {
  await app.close();
  await unlike.close();
});
