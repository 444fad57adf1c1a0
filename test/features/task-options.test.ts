/** TASK-01 to TASK-30: options of tasks, each seen in what a worker does or what a message holds. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConfigError, Retry, type AppInput, type Celeriac, type TaskOptions } from '../../core/app/public.js';
import { OutcomeKind } from '../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../core/task/resolve-task-options.js';
import { TaskRegistry } from '../../core/task/task-registry.js';
import { FeatureBench, ended, failure } from '../support/feature-bench.js';
import * as tasks from '../support/members/feature-tasks.js';
import { createApp, messageIn } from '../support/sent-messages.js';
import { traceTask } from '../support/traced-task.js';

let bench: FeatureBench;
before(async () => {
  bench = await FeatureBench.start();
});
const apps: Celeriac[] = [];
after(async () => {
  await bench.close();
  await Promise.all(apps.map((app) => app.close()));
});

/** The message of a call of a task with these options. */
async function sent(
  options: TaskOptions,
  { queue = 'celery', input = {} }: { readonly queue?: string; readonly input?: AppInput } = {},
) {
  const app = createApp(input);
  apps.push(app);
  await app.task('t', { ...options, bind: false }, (a: number) => a).delay(1);
  return messageIn(app, queue);
}

test('TASK-01: the name is registry key and wire name, and one name is given once', async () => {
  const app = createApp();
  apps.push(app);
  const task = app.task('shop.one', () => 1);
  assert.equal(task.taskName, 'shop.one');
  assert.throws(() => app.task('shop.one', () => 2), /registered twice/);
  await task.delay();
  assert.equal((await messageIn(app)).headers.table['task'], 'shop.one');
});

test('TASK-02: bind makes the context the first parameter', async () => {
  const result = await tasks.bound.delay(7);
  assert.deepStrictEqual(await result.get({ timeoutMs: 20_000 }), [result.id, 7]);
  assert.equal(await ended(tasks.plain.delay(7)), 7);
});

test('TASK-03: a class task is made once in its thread and shared by all runs', async () => {
  const first = await ended(tasks.count.delay(1));
  assert.equal(await ended(tasks.count.delay(5)), first + 5);
});

test('TASK-04: a call that cannot bind is refused where it is made, unless typing is off', async () => {
  const call = (...args: readonly unknown[]): Promise<unknown> => tasks.add.delay(...(args as [number, number]));
  await assert.rejects(async () => call(1), /feature\.add\(a, b\) needs "b"/);
  await assert.rejects(async () => call(1, 2, 3), /takes 2 arguments but 3 were given/);
  const loose = createApp();
  apps.push(loose);
  const task = loose.task('t', { typing: false, params: ['a'] }, (a: unknown) => a);
  await task.applyAsync({ kwargs: { other: 1 } });
  const strict = loose.task('strict', { params: ['a'] }, (a: unknown) => a);
  await assert.rejects(async () => strict.applyAsync({ kwargs: { other: 1 } }));
  assert.equal((await messageIn(loose)).headers.table['task'], 't');
});

test('TASK-05: maxRetries counts retries, not runs', async () => {
  const result = await tasks.exhausted.delay();
  await assert.rejects(result.get({ timeoutMs: 20_000 }), /retried 1 times/);
  assert.deepStrictEqual(await bench.heard(result.id, 'run', 2), ['run', 'run']);
  const kind = async (options: TaskOptions, retries: number) => {
    const registry = new TaskRegistry();
    const run = () => {
      throw new Retry({});
    };
    registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run });
    return (await traceTask(registry, { headers: { retries } })).kind;
  };
  // 3 unless the task says otherwise; null is without end.
  assert.deepStrictEqual([await kind({}, 2), await kind({}, 3)], [OutcomeKind.RETRY, OutcomeKind.FAILURE]);
  assert.deepStrictEqual(
    [await kind({ maxRetries: null }, 99), await kind({ maxRetries: 0 }, 0)],
    [OutcomeKind.RETRY, OutcomeKind.FAILURE],
  );
});

test('TASK-06: a retry that says no time waits for defaultRetryDelay, 180 s', async () => {
  const result = await tasks.waits.delay();
  await bench.logged(new RegExp(`feature.waits\\[${result.id}\\] will be retried`));
  const transport = await tasks.app.connections.transport();
  const delayed = await transport.browse('celery', 100, 'delayed');
  const message = delayed.find(({ headers }) => headers.table['id'] === result.id);
  const waitMs = Date.parse(message?.headers.table['eta'] as string) - Date.now();
  assert.ok(waitMs > 170_000 && waitMs <= 180_000, String(waitMs));
  await tasks.app.control.revoke(result.id);
});

test('TASK-07: rateLimit spreads the starts of a task on a worker', async () => {
  const results = await Promise.all([1, 2, 3].map(() => tasks.rated.delay()));
  const starts = await Promise.all(results.map((result) => result.get({ timeoutMs: 20_000 })));
  const [first = 0, , last = 0] = starts.toSorted((a, b) => a - b);
  assert.ok(last - first >= 350, String(last - first));
});

test('TASK-08: ignoreResult stores nothing', async () => {
  const result = await tasks.silent.delay();
  await bench.logged(new RegExp(`feature.silent\\[${result.id}\\] succeeded`));
  assert.equal(await tasks.app.asyncResult(result.id).state(), 'PENDING');
});

test('TASK-09: what a task sends is noted as its children, unless trail is off', async () => {
  const [parent, childless] = await Promise.all([tasks.parent.delay(), tasks.childless.delay()]);
  await Promise.all([parent.get({ timeoutMs: 20_000 }), childless.get({ timeoutMs: 20_000 })]);
  assert.deepStrictEqual([(await parent.children()).length, (await childless.children()).length], [1, 0]);
});

test('TASK-11: storeErrorsEvenIfIgnored keeps failures of a task whose results are ignored', async () => {
  const [kept, lost] = await Promise.all([tasks.keptFailure.delay(), tasks.silentFailure.delay()]);
  await bench.logged(new RegExp(`feature.silentFailure\\[${lost.id}\\] failed`));
  await bench.logged(new RegExp(`feature.keptFailure\\[${kept.id}\\] failed`));
  const states = [kept, lost].map(({ id }) => tasks.app.asyncResult(id));
  await assert.rejects(states[0]?.get({ timeoutMs: 20_000 }) ?? Promise.resolve(), /no/);
  assert.equal(await states[1]?.state(), 'PENDING');
});

test('TASK-12: serializer and compression of a task are those of its messages', async () => {
  // In the format of zlib, as Celery writes it under this name.
  const { properties, headers, body } = await sent({ serializer: 'msgpack', compression: 'gzip' });
  assert.deepStrictEqual([...body.subarray(0, 2)], [0x78, 0x9c]);
  assert.equal(properties.contentType, 'application/x-msgpack');
  assert.equal(headers.table['compression'], 'application/x-gzip');
});

test('TASK-13: timeLimit ends a task, and a softTimeLimit above it is refused', async () => {
  assert.equal(await failure(tasks.limits.delay()), 'TimeLimitExceeded');
  assert.equal(await ended(tasks.soft.delay()), 'SoftTimeLimitExceeded');
  assert.throws(() => createApp().task('t', { timeLimit: 1, softTimeLimit: 2 }, () => 1), /TASK-13/);
});

test('TASK-15: trackStarted stores STARTED with pid, hostname and thread while the task runs', async () => {
  const [state, info] = await ended(tasks.tracked.delay());
  assert.equal(state, 'STARTED');
  const { pid, hostname, thread_id: threadId } = info as Record<string, unknown>;
  assert.equal(pid, process.pid);
  assert.match(String(hostname), /^celery@/);
  // 0 is the main thread, which runs no task.
  assert.ok(Number(threadId) > 0, String(threadId));
});

test('TASK-16: acksLate acknowledges after the run, else before it', async () => {
  const [late, early] = await Promise.all([tasks.late.delay(), tasks.early.delay()]);
  await Promise.all([late, early].map((result) => assert.rejects(result.get({ timeoutMs: 20_000 }))));
  // Both refuse to acknowledge a failure; only the late one still can.
  await bench.logged(new RegExp(`feature.early\\[${early.id}\\] failed`));
  await bench.drained();
  assert.notEqual(await bench.dead(late.id), null);
  assert.equal(await bench.dead(early.id), null);
});

test('TASK-17: acksOnFailure: false dead-letters the message of a task that failed', async () => {
  const result = await tasks.late.delay();
  await assert.rejects(result.get({ timeoutMs: 20_000 }), /no/);
  await bench.drained();
  const letter = await bench.dead(result.id);
  assert.match(JSON.stringify(letter?.headers.table), /rejected/);
  // acksOnTimeout: false delivers it again; each is of its own case alone.
  assert.equal(await ended(tasks.overdueTimeout.delay()), 'second');
  assert.equal(await failure(tasks.overdueFailure.delay()), 'TimeLimitExceeded');
});

test('TASK-18: acksOnFailureOrTimeout stands for both', async () => {
  const result = await tasks.both.delay();
  await assert.rejects(result.get({ timeoutMs: 20_000 }), /no/);
  await bench.drained();
  assert.notEqual(await bench.dead(result.id), null);
  assert.equal(await ended(tasks.overdueBoth.delay()), 'second');
  const settled = await tasks.settled.delay();
  await assert.rejects(settled.get({ timeoutMs: 20_000 }), /no/);
  await bench.drained();
  assert.equal(await bench.dead(settled.id), null);
});

test('TASK-19: rejectOnWorkerLost runs the task of a lost member again, else it fails', async () => {
  assert.equal(await ended(tasks.lost.delay()), 'second');
  assert.equal(await failure(tasks.given.delay()), 'WorkerLostError');
});

test('TASK-20: errors that throws lists are logged as information, without stack, and are failures', async () => {
  const result = await tasks.expected.delay();
  await assert.rejects(result.get({ timeoutMs: 20_000 }), /no/);
  const line = await bench.logged(new RegExp(`feature.expected\\[${result.id}\\] failed`));
  assert.equal(line.level, 'info');
  assert.match(line.message, /RangeError: no$/);
  assert.doesNotMatch(JSON.stringify(line), /\bat .*feature-tasks/);
  assert.equal(await tasks.app.asyncResult(result.id).state(), 'FAILURE');
  const other = await tasks.settled.delay();
  const loud = await bench.logged(new RegExp(`feature.settled\\[${other.id}\\] failed`));
  assert.equal(loud.level, 'error');
  assert.match(JSON.stringify(loud), /\bat .*feature-tasks/);
});

test('TASK-21: expires of a task is that of each of its messages', async () => {
  const at = new Date(Date.now() + 60_000);
  assert.equal(Date.parse((await sent({ expires: at })).headers.table['expires'] as string), at.getTime());
  const { properties, headers } = await sent({ expires: 30 });
  assert.equal(properties.expirationMs, 30_000);
  const inMs = Date.parse(headers.table['expires'] as string) - Date.now();
  assert.ok(inMs > 20_000 && inMs <= 30_000, String(inMs));
});

test('TASK-22: priority of a task is that of its messages', async () => {
  assert.equal((await sent({ priority: 4 })).properties.priority, 4);
});

test('TASK-23: the value in the log is cut at resultreprMaxsize', async () => {
  const result = await tasks.wordy.delay();
  const { message } = await bench.logged(new RegExp(`feature.wordy\\[${result.id}\\] succeeded`));
  const [, value = ''] = message.split(/ s: /);
  assert.equal(value.length, 20, message);
  const lengthy = await tasks.lengthy.delay();
  const line = await bench.logged(new RegExp(`feature.lengthy\\[${lengthy.id}\\] succeeded`));
  assert.equal(line.message.split(/ s: /)[1]?.length, 1_024);
});

test('TASK-25: the options of automatic retries work together', async () => {
  const options: TaskOptions = {
    autoretryFor: [Error],
    dontAutoretryFor: [TypeError],
    retryKwargs: { maxRetries: 3, countdown: 500 },
    retryBackoff: 2,
    retryBackoffMax: 5,
    retryJitter: false,
  };
  const fates: unknown[] = [];
  for (const [ErrorClass, retries] of [
    [RangeError, 0],
    [RangeError, 1],
    [RangeError, 2],
    [RangeError, 3],
    [TypeError, 0],
  ] as const) {
    const registry = new TaskRegistry();
    const run = () => {
      throw new ErrorClass('no');
    };
    registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run });
    const { kind, successors } = await traceTask(registry, { headers: { retries } });
    fates.push(kind === OutcomeKind.RETRY ? (successors[0]?.notBeforeEpochMs ?? 0) - 1_000_000 : 'failed');
  }
  // The back-off stands above the countdown, and is bounded; then the retries are used up.
  assert.deepStrictEqual(fates, [2_000, 4_000, 5_000, 'failed', 'failed']);
});

test('TASK-26: arguments and result pass their schemas', async () => {
  const call = (at: unknown) => tasks.validated.delay(at);
  assert.equal(await ended(call('1970-01-01T00:00:01Z')), 1_000);
  assert.equal(await failure(call('never')), 'InvalidTaskError');
  // This one fits the arguments and not the result.
  assert.equal(await failure(call('2000-01-01')), 'InvalidTaskError');
  // A direct call passes them too.
  assert.equal(tasks.validated('1970-01-01T00:00:01Z'), 1_000);
  assert.throws(() => tasks.validated('never'), { name: 'InvalidTaskError' });
  assert.throws(() => tasks.validated('2000-01-01'), { name: 'InvalidTaskError' });
});

test('TASK-27: routing options of a task stand for its messages', async () => {
  const message = await sent({ queue: 'images', deliveryMode: 'transient' }, { queue: 'images' });
  assert.deepStrictEqual([message.properties.deliveryMode, message.headers.table['task']], [1, 't']);
  const app = createApp();
  apps.push(app);
  const transport = await app.connections.transport();
  const ways: unknown[] = [];
  transport.publish = (batch) => {
    ways.push(...batch.map(({ exchange, routingKey }) => [exchange, routingKey]));
    return Promise.resolve();
  };
  await app.task('a', { exchange: 'media', routingKey: 'media.new' }, () => 1).delay();
  await app.task('b', { routingKey: 'media.new' }, () => 1).delay();
  // Only a direct exchange can be left out.
  await app.task('c', { routingKey: 'media.new', exchangeType: 'topic' }, () => 1).delay();
  assert.deepStrictEqual(ways, [
    ['media', 'media.new'],
    ['', 'celery'],
    ['celery', 'media.new'],
  ]);
});

test('TASK-28: an abstract class is no task', () => {
  const app = createApp();
  assert.throws(() => app.registerTask(tasks.countingBase as never), ConfigError);
  assert.equal(tasks.count.taskName, 'feature.count');
});

test('TASK-29: what a task leaves open the settings say', async () => {
  const input = { taskSerializer: 'yaml', taskDefaultPriority: 3, taskCompression: 'gzip' };
  const fromSettings = await sent({}, { input });
  assert.deepStrictEqual(
    [fromSettings.properties.contentType, fromSettings.properties.priority],
    ['application/x-yaml', 3],
  );
  assert.equal(fromSettings.headers.table['compression'], 'application/x-gzip');
  const own = await sent({ priority: 9, serializer: 'json' }, { input });
  assert.deepStrictEqual([own.properties.contentType, own.properties.priority], ['application/json', 9]);
  const ignoring = async (options: TaskOptions) =>
    (await sent(options, { input: { taskIgnoreResult: true } })).headers.table['ignore_result'];
  assert.deepStrictEqual([await ignoring({}), await ignoring({ ignoreResult: false })], [true, false]);
});

test('TASK-30: annotations set options and decorate the body', async () => {
  assert.equal(await ended(tasks.annotated.delay()), 'decorated body');
  assert.equal(
    (await sent({ priority: 1 }, { input: { taskAnnotations: { t: { priority: 6 } } } })).properties.priority,
    6,
  );
  const priority = async (taskAnnotations: unknown) =>
    (await sent({ priority: 1 }, { input: { taskAnnotations } })).properties.priority;
  assert.equal(await priority({ '*': { priority: 2 } }), 2);
  assert.equal(await priority({ t: { priority: 6 }, '*': { priority: 2 } }), 6);
  assert.equal(await priority([{ '*': { priority: 2 } }, { other: { priority: 3 } }, { t: { priority: 5 } }]), 5);
  assert.equal(await priority({ t: (task: { readonly name: string }) => ({ priority: task.name.length }) }), 1);
  assert.equal(await priority([{ annotate: () => ({ priority: 8 }), annotateAny: () => ({ priority: 4 }) }]), 8);
});
