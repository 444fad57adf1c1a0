import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Celeriac } from '../../../core/app/celeriac.js';
import { ConfigError, TransportError } from '../../../core/kernel/errors.js';
import { childTaskId } from '../../../core/kernel/ids.js';
import type { OutgoingMessage } from '../../../core/ports/transport.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import type { Outlet } from '../../../core/task/outlet.js';
import { threadRuntime } from '../../../core/task/thread-runtime.js';
import { distRoot } from '../../support/project.js';
import { traceTask } from '../../support/traced-task.js';
import { turn } from '../../support/virtual-clock.js';

/** As in a member: what the app sends goes out here. */
function captureOutlet(publish: (message: OutgoingMessage) => Promise<void> = () => Promise.resolve()) {
  const sent: OutgoingMessage[] = [];
  const nothing = () => Promise.reject(new Error('not in this test'));
  const outlet: Outlet = {
    publish: (message) => {
      sent.push(message);
      return publish(message);
    },
    fetchResults: nothing,
    awaitResult: nothing,
    storeResult: nothing,
    forgetResults: nothing,
    saveGroup: nothing,
    fetchGroup: nothing,
    deleteGroup: nothing,
    cleanUpResults: nothing,
  };
  threadRuntime().outlet = outlet;
  return sent;
}

afterEach(() => {
  threadRuntime().outlet = null;
  threadRuntime().overrides = {};
});

function idsOf(sent: readonly OutgoingMessage[]): unknown[] {
  return sent.map(({ headers }) => headers.table['id']);
}

test('importing an app and defining tasks opens nothing: the process ends by itself', async () => {
  const url = pathToFileURL(join(distRoot, 'core', 'app', 'public.js')).href;
  const program = `import { Celeriac } from ${JSON.stringify(url)};
    const app = new Celeriac('shop', { brokerUrl: 'sqlite:///no/such/folder/q.db' });
    app.task('shop.add', (a, b) => a + b);
    process.stdout.write(process.getActiveResourcesInfo().filter((name) => !/TTY|Pipe|CloseReq/.test(name)).join());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 20_000,
  });
  assert.equal(stdout, '');
});

test('APP-12 settings of the host stand above those of the module, in either spelling', () => {
  threadRuntime().overrides = { taskAcksLate: false };
  assert.equal(new Celeriac('shop', { task_acks_late: true }).conf.taskAcksLate, false);
});

test('APP-12 configure() changes settings, and a refused one leaves no trace', () => {
  const app = new Celeriac('shop', { taskDefaultQueue: 'a' });
  app.configure({ task_default_queue: 'b' });
  assert.equal(app.conf.taskDefaultQueue, 'b');
  assert.throws(() => {
    app.configure({ workerConcurrency: 0 });
  }, ConfigError);
  app.configure({ workerConcurrency: 2 });
  assert.deepStrictEqual([app.conf.taskDefaultQueue, app.conf.workerConcurrency], ['b', 2]);
});

test('a task needs a name of its own and a function', () => {
  const app = new Celeriac('shop');
  app.task('a', () => 1);
  assert.throws(() => app.task('a', () => 1), ConfigError);
  assert.throws(() => app.task('', () => 1), ConfigError);
  assert.throws(() => app.task('b', 7 as never), ConfigError);
});

test('CALL-36 a task is still its function', () => {
  const app = new Celeriac('shop');
  assert.equal(app.task('add', (a: number, b: number) => a + b)(2, 3), 5);
  const bound = app.task('who', { bind: true }, (ctx) => [ctx.request.calledDirectly, ctx.request.id]);
  assert.deepStrictEqual(bound(), [true, null]);
});

test('outside a task each call has a new id and is its own root', async () => {
  const sent = captureOutlet();
  const add = new Celeriac('shop').task('add', (a: number) => a);
  const result = await add.delay(1);
  await add.applyAsync({ args: [1], taskId: 'mine' });
  assert.deepStrictEqual(idsOf(sent), [result.id, 'mine']);
  assert.deepStrictEqual([sent[0]?.headers.table['root_id'], sent[0]?.headers.table['parent_id']], [result.id, null]);
});

test('inside a task children have derived ids, parent and root; a repeat gives the same', async () => {
  const sent = captureOutlet();
  const app = new Celeriac('shop');
  const child = app.task('child', () => 1);
  app.task('shop.add', async () => {
    await child.delay();
    await child.applyAsync({ taskId: 'given' });
    await child.delay();
  });
  const parts = { headers: { id: 'parent', root_id: 'root', retries: 1 } };
  for (let run = 0; run < 2; run++) {
    const { document } = await traceTask(app.tasks, parts);
    const ids = [childTaskId('parent', 1, 0), 'given', childTaskId('parent', 1, 2)];
    assert.deepStrictEqual(idsOf(sent.splice(0)), ids);
    assert.deepStrictEqual(
      document?.children,
      ids.map((id) => [[id, null], null]),
    );
  }
  await traceTask(app.tasks, parts);
  const [first] = sent;
  assert.deepStrictEqual([first?.headers.table['parent_id'], first?.headers.table['root_id']], ['parent', 'root']);
});

test('a task that does not await its publish ends after the confirm', async () => {
  let confirm: () => void = () => undefined;
  captureOutlet(() => new Promise((resolve) => (confirm = resolve)));
  const app = new Celeriac('shop');
  app.task('shop.add', () => {
    void app.sendTask('child');
    return 'done';
  });
  let isEnded = false;
  const run = traceTask(app.tasks).finally(() => (isEnded = true));
  await turn();
  assert.equal(isEnded, false);
  confirm();
  assert.equal((await run).kind, OutcomeKind.SUCCESS);
});

test('a publish that fails, or cannot be built, and is not awaited fails the task and never the member', async () => {
  captureOutlet(() => Promise.reject(new TransportError('refused')));
  const app = new Celeriac('shop');
  const bodies = [() => app.sendTask('child'), () => app.sendTask('child', { args: [Symbol('x')] })];
  for (const [i, publish] of bodies.entries()) {
    const name = `shop.careless${String(i)}`;
    app.task(name, async () => {
      void publish();
      await turn();
      return 'done';
    });
    const { kind } = await traceTask(app.tasks, { headers: { task: name } });
    assert.equal(kind, OutcomeKind.FAILURE);
  }
});

test('a publish that fails under the eyes of the body is its own business', async () => {
  captureOutlet(() => Promise.reject(new TransportError('refused')));
  const app = new Celeriac('shop');
  app.task('shop.add', async () => {
    try {
      await app.sendTask('child');
      return 'sent';
    } catch {
      return 'noted';
    }
  });
  const { kind, document } = await traceTask(app.tasks);
  assert.deepStrictEqual([kind, document?.result], [OutcomeKind.SUCCESS, 'noted']);
});

test('an unknown address is a ConfigError that says what there is', async () => {
  const app = new Celeriac('shop', { brokerUrl: 'sqlit://./q.db' });
  await assert.rejects(app.sendTask('a'), /did you mean "sqlite:\/\/"/);
});

test('a misspelt option of a call is refused, not ignored', async () => {
  const app = new Celeriac('typo', { brokerUrl: 'memory://typo', resultBackend: null });
  const add = app.task('add', (a: number) => a);
  const typo: object = { args: [1], countdwon: 5 };
  await assert.rejects(add.applyAsync(typo), /call of "add": unknown option "countdwon"; did you mean "countdown"\?/);
  await assert.rejects(app.sendTask('add', typo), ConfigError);
  await app.close();
});
