import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { CallOptions } from '../../../core/app/call-options.js';
import { MessageBuilder } from '../../../core/app/message-builder.js';
import { QueueTable } from '../../../core/app/queue-table.js';
import { Router } from '../../../core/app/router.js';
import { checkTaskId, type RoutedCall } from '../../../core/app/task-call.js';
import { ConfigError, EncodeError } from '../../../core/kernel/errors.js';
import { asTaskId } from '../../../core/kernel/ids.js';
import { formatInstant } from '../../../core/protocol/iso-instant.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const clock = new VirtualClock();
const now = clock.nowEpochMs();

function build(
  options: CallOptions = {},
  task: TaskOptions | null = null,
  input: SettingsInput = {},
  args: readonly unknown[] = [2, 3],
) {
  const settings = settingsOf(input);
  const definition = task === null ? null : resolveTaskOptions('shop.add', task);
  const router = new Router({
    queues: new QueueTable(settings),
    routes: null,
    defaultDeliveryMode: 2,
    load: () => Promise.reject(new Error('no modules in this test')),
  });
  const target = router.target({ queue: options.queue ?? definition?.queue ?? settings.taskDefaultQueue });
  const call: RoutedCall = { task: 'shop.add', args, kwargs: { y: 'a' }, options, definition, target };
  const parentage = { id: asTaskId('id-1'), rootId: null, parentId: null, priority: null };
  return new MessageBuilder(settings, clock).build(call, parentage);
}

test('WIRE-02 headers, properties and body are those of a Celery message', () => {
  const { headers, properties, body, exchange, routingKey, notBeforeEpochMs } = build();
  assert.deepStrictEqual(headers.table, {
    lang: 'js',
    task: 'shop.add',
    id: 'id-1',
    shadow: null,
    eta: null,
    expires: null,
    group: null,
    group_index: null,
    retries: 0,
    timelimit: [null, null],
    root_id: 'id-1',
    parent_id: null,
    argsrepr: '(2, 3)',
    kwargsrepr: "{'y': 'a'}",
    origin: `gen${String(process.pid)}@${hostname()}`,
    ignore_result: false,
    replaced_task_nesting: 0,
    stamped_headers: null,
    stamps: {},
  });
  assert.deepStrictEqual(properties, {
    correlationId: 'id-1',
    replyTo: '',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    deliveryMode: 2,
    priority: null,
    expirationMs: null,
  });
  assert.deepStrictEqual([exchange, routingKey, notBeforeEpochMs], ['', 'celery', null]);
  assert.deepStrictEqual(JSON.parse(Buffer.from(body).toString()), [
    [2, 3],
    { y: 'a' },
    { callbacks: null, errbacks: null, chain: null, chord: null },
  ]);
});

test('the call stands above the task, the task above the settings', () => {
  const settings = { taskDefaultQueue: 'default', taskDefaultPriority: 1 };
  const task = { queue: 'own', priority: 2, ignoreResult: true };
  const of = (options: CallOptions, definition: TaskOptions | null) => {
    const { routingKey, properties, headers } = build(options, definition, settings);
    return [routingKey, properties.priority, headers.table['ignore_result']];
  };
  assert.deepStrictEqual(of({}, null), ['default', 1, false]);
  assert.deepStrictEqual(of({}, task), ['own', 2, true]);
  assert.deepStrictEqual(of({ queue: 'this', priority: 0, ignoreResult: false }, task), ['this', 0, false]);
});

test('CALL-04 expires is an instant in the headers and milliseconds for the broker', () => {
  const { headers, properties } = build({ expires: 2.5 });
  assert.equal(headers.table['expires'], formatInstant(now + 2_500));
  assert.equal(properties.expirationMs, 2_500);
  assert.equal(build({ expires: -1 }).properties.expirationMs, 0);
  assert.equal(build({}, { expires: 1 }).properties.expirationMs, 1_000);
});

test('CALL-02 a countdown is the eta of the headers and of the store', () => {
  const { headers, notBeforeEpochMs } = build({ countdown: 10 });
  assert.equal(headers.table['eta'], formatInstant(now + 10_000));
  assert.equal(notBeforeEpochMs, now + 10_000);
});

test('CALL-10 limits of the call travel, those of the task do not', () => {
  assert.deepStrictEqual(build({ timeLimit: 5 }, { softTimeLimit: 1 }).headers.table['timelimit'], [5, null]);
  const lifted = build({ timeLimit: null, softTimeLimit: null }, { softTimeLimit: 1 }).headers.table['timelimit'];
  assert.deepStrictEqual(lifted, [null, 2_147_483]);
});

test('CALL-16 headers of the application travel beside ours, and may replace one but not take the identity away', () => {
  const { headers } = build({ headers: { 'x-trace': 'a', shadow: 'shown' } });
  assert.deepStrictEqual(
    [headers.table['x-trace'], headers.table['shadow'], headers.table['id']],
    ['a', 'shown', 'id-1'],
  );
  assert.throws(() => build({ headers: { id: null } }), EncodeError);
});

test('A3 what is too large is refused before it is sent', () => {
  assert.throws(() => build({}, null, { messageMaxBytes: 1_024 }, ['x'.repeat(1_024)]), /messageMaxBytes/);
  assert.throws(() => build({ headers: { big: 'x'.repeat(70_000) } }), /messageMaxHeaderBytes/);
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`h${String(n)}`, n]));
  assert.throws(() => build({ headers: many }), /messageMaxHeaders/);
  const chain = ['a', 'b'].map((task) => ({ task, args: [], kwargs: {} }) as never);
  assert.throws(() => build({ chain }, null, { canvasMaxGroupSize: 1 }), /chain has 2 signatures.*canvasMaxGroupSize/);
  assert.ok(build({ chain }, null, { canvasMaxGroupSize: 2 }));
});

test('sensitive arguments are hidden in what monitors see and nowhere else', () => {
  const { headers, body } = build({}, { params: ['user', 'password'] }, { taskSensitiveArgs: ['pass*', 'y'] }, [
    'ann',
    'x1',
  ]);
  assert.deepStrictEqual(
    [headers.table['argsrepr'], headers.table['kwargsrepr']],
    ["('ann', '********')", "{'y': '********'}"],
  );
  assert.match(Buffer.from(body).toString(), /"x1"/);
});

test('taskReprMaxChars cuts what monitors see', () => {
  const { headers } = build({}, null, { taskReprMaxChars: 32 }, ['x'.repeat(500)]);
  assert.match(headers.json, /"argsrepr":".{1,60}","kwargsrepr"/);
});

test('what the worker would refuse is refused here', () => {
  const wrong: readonly CallOptions[] = [
    { timeLimit: -1 },
    { softTimeLimit: NaN },
    { timeLimit: 1, softTimeLimit: 2 },
    { priority: 256 },
    { priority: 1.5 },
  ];
  for (const options of wrong) assert.throws(() => build(options), ConfigError);
  assert.throws(() => build({}, null, {}, 'text' as never), ConfigError);
  assert.throws(() => build({}, null, {}, [() => 1]), EncodeError);
});

test('CALL-05 an id that a caller gives is short and plain', () => {
  assert.equal(checkTaskId('order:7.a-b_C'), 'order:7.a-b_C');
  for (const id of ['', 'a b', 'ä', 'a\n', 'x'.repeat(156)]) assert.throws(() => checkTaskId(id), ConfigError);
});
