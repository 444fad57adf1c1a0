/** SIG-01 and SIG-13 to SIG-18: how signals are connected, and those that a member sends around a task. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { currentTask, Ignore, signals, type TaskContext } from '../../core/app/public.js';
import { resolveTaskOptions } from '../../core/task/resolve-task-options.js';
import { createSignals } from '../../core/task/signal-catalogue.js';
import { TaskRegistry } from '../../core/task/task-registry.js';
import { FeatureBench } from '../support/feature-bench.js';
import * as tasks from '../support/members/feature-tasks.js';
import { traceTask } from '../support/traced-task.js';

let bench: FeatureBench;
before(async () => {
  bench = await FeatureBench.start();
});
after(() => bench.close());

/** What the receivers in the member heard of one run; `true`: sender and task are the task object. */
async function heard(how: string, last: string): Promise<readonly string[]> {
  const { id } = await tasks.heard.delay(how);
  return bench.heard(id, last);
}

const CALL = { headers: { id: 'id-7' }, body: '[[1],{"k":2},null]' } as const;

/** What one signal says of a run that ends so. */
async function eventOf(
  name: 'taskPrerun' | 'taskPostrun' | 'taskSuccess' | 'taskRetry' | 'taskFailure',
  end: (ctx: TaskContext) => unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const events: Readonly<Record<string, unknown>>[] = [];
  const own = createSignals();
  own[name].connect((event: object) => void events.push(event as Readonly<Record<string, unknown>>));
  const registry = new TaskRegistry();
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', { bind: true }), run: end });
  await traceTask(registry, CALL, { signals: own });
  assert.equal(events.length, 1);
  return events[0] ?? {};
}

/** Hooks, signals and body of a run that ends so, in their order. */
async function around(end: () => unknown): Promise<readonly string[]> {
  const lines: string[] = [];
  const own = createSignals();
  for (const name of ['taskPrerun', 'taskPostrun', 'taskSuccess', 'taskFailure'] as const)
    own[name].connect(() => lines.push(name));
  const note = (name: string) => (): void => void lines.push(name);
  const hooks = { onSuccess: note('onSuccess'), onFailure: note('onFailure'), afterReturn: note('afterReturn') };
  const options = resolveTaskOptions('shop.add', { ...hooks, beforeStart: note('beforeStart') });
  const registry = new TaskRegistry();
  const run = (): unknown => {
    lines.push('body');
    return end();
  };
  registry.register({ name: 'shop.add', options, run });
  await traceTask(registry, {}, { signals: own, order: lines });
  return lines;
}

test('SIG-01: receivers are connected by sender and uid, their answers and errors collected, and disconnected', async () => {
  const { taskSuccess } = createSignals();
  const mine = { taskName: 'mine' };
  const answer = () => 'answer';
  const disconnect = taskSuccess.connect(answer, { sender: mine, dispatchUid: 'one' });
  taskSuccess.connect(answer, { sender: mine, dispatchUid: 'one' });
  taskSuccess.connect(() => Promise.resolve('later'), { sender: 'mine' });
  assert.deepStrictEqual(taskSuccess.send({ taskName: 'other' }, { result: 1 }), []);
  assert.deepStrictEqual(
    (await taskSuccess.sendAsync(mine, { result: 1 })).map(([, value]) => value),
    ['answer', 'later'],
  );
  disconnect();
  assert.equal((await taskSuccess.sendAsync(mine, { result: 1 })).length, 1);
  // An error is its receiver's answer, and the next receiver is called all the same.
  const wrong = new Error('wrong');
  const failing = () => {
    throw wrong;
  };
  taskSuccess.connect(failing);
  taskSuccess.connect(answer);
  const own = { taskName: 'other' };
  const expected = [
    [failing, wrong],
    [answer, 'answer'],
  ];
  assert.deepStrictEqual(taskSuccess.send(own, { result: 1 }), expected);
  assert.deepStrictEqual(await taskSuccess.sendAsync(own, { result: 1 }), expected);
  taskSuccess.disconnect(failing);
  assert.deepStrictEqual(taskSuccess.send(own, { result: 1 }), [[answer, 'answer']]);
  assert.equal(taskSuccess.hasListeners, true);
  assert.equal(signals.taskSuccess.name, 'taskSuccess');
});

test('SIG-13: task_prerun comes before the body, with the task as sender', async () => {
  const said = await heard('well', 'taskPostrun true well SUCCESS');
  assert.equal(said[0], 'taskPrerun true');
  const lines = await around(() => undefined);
  assert.deepStrictEqual(lines.slice(0, 3), ['taskPrerun', 'beforeStart', 'body']);
  const { taskId, args, kwargs, task, sender } = await eventOf('taskPrerun', () => 1);
  assert.deepStrictEqual([taskId, args, kwargs, task === sender], ['id-7', [1], { k: 2 }, true]);
});

test('SIG-14: task_postrun comes last, with value and state, whatever the end', async () => {
  assert.equal((await heard('well', 'taskPostrun true well SUCCESS')).at(-1), 'taskPostrun true well SUCCESS');
  const failed = await heard('fail', 'taskPostrun true RangeError: no FAILURE');
  assert.equal(failed.at(-1), 'taskPostrun true RangeError: no FAILURE');
  // Whatever the end, nothing comes after it; not after an `Ignore` either, which nothing else tells of.
  const ends = [() => undefined, () => assert.fail('no'), () => assert.fail(new Ignore())];
  for (const end of ends) assert.equal((await around(end)).at(-1), 'taskPostrun');
  const { taskId, args, kwargs, retval, state } = await eventOf('taskPostrun', () => 5);
  assert.deepStrictEqual([taskId, args, kwargs, retval, state], ['id-7', [1], { k: 2 }, 5, 'SUCCESS']);
});

test('SIG-15: task_success has the result', async () => {
  const said = await heard('well', 'taskPostrun true well SUCCESS');
  assert.deepStrictEqual(said, ['taskPrerun true', 'taskSuccess true well', 'taskPostrun true well SUCCESS']);
});

test('SIG-16: task_retry has the reason', async () => {
  const said = await heard('retry', 'taskPostrun true retry SUCCESS');
  assert.deepStrictEqual(said.slice(0, 2), ['taskPrerun true', 'taskRetry true Retry: Retry in 0s: RangeError: again']);
  assert.match(said[2] ?? '', /^taskPostrun true Retry: .* RETRY$/);
  const { request, reason } = await eventOf('taskRetry', (ctx) => ctx.retry({ countdown: 3 }));
  assert.deepStrictEqual([(request as { id: string }).id, (reason as Error).name], ['id-7', 'Retry']);
});

test('SIG-17: task_failure has the exception', async () => {
  const said = await heard('fail', 'taskPostrun true RangeError: no FAILURE');
  assert.equal(said[1], 'taskFailure true RangeError: no');
  const wrong = new RangeError('no');
  const { taskId, exception, args, kwargs, traceback, einfo } = await eventOf('taskFailure', () => {
    throw wrong;
  });
  assert.deepStrictEqual([taskId, exception, args, kwargs], ['id-7', wrong, [1], { k: 2 }]);
  assert.match(String(traceback), /RangeError: no/);
  assert.equal((einfo as { readonly exception: unknown }).exception, wrong);
});

test('SIG-18: task_internal_error tells of an error around a task', async () => {
  const own = createSignals();
  const seen: unknown[] = [];
  own.taskInternalError.connect(({ taskId, exception, traceback, request }) => {
    seen.push(taskId, exception, typeof traceback, request.id, currentTask()?.request.id);
  });
  const registry = new TaskRegistry();
  const wrong = new Error('hook');
  const afterReturn = () => {
    throw wrong;
  };
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', { afterReturn }), run: () => 1 });
  await traceTask(registry, {}, { signals: own });
  assert.deepStrictEqual(seen, ['id-1', wrong, 'string', 'id-1', 'id-1']);
});
