/** BKE-21 to 24: the stored document of a task as any reader of Celery sees it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RemoteTaskError } from '../../core/app/public.js';
import type { TestWorker } from '../../testing/public.js';
import { app, echo, family, OrderRefused, overrun, progress, refuse } from '../support/members/wire-tasks.js';
import { documentOf, endOf, headersOf, send, startWireWorker } from '../support/wire-worker.js';

const wait = { timeoutMs: 20_000 };
const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00$/;

describe('stored documents', { timeout: 60_000 }, () => {
  let worker: TestWorker;
  before(async () => {
    worker = await startWireWorker();
  });
  after(() => worker.close());

  test('BKE-21: a document has the keys of Celery in its order, and its date only when it is ready', async () => {
    const plain = await echo.delay(1);
    await plain.get(wait);
    const document = await documentOf(plain.id);
    assert.deepStrictEqual(Object.keys(document), [
      'status',
      'result',
      'traceback',
      'children',
      'date_done',
      'task_id',
    ]);
    const { date_done: dateDone, ...rest } = document;
    assert.match(dateDone as string, ISO_UTC);
    assert.deepStrictEqual(rest, { status: 'SUCCESS', result: [1], traceback: null, children: [], task_id: plain.id });

    const member = await send(headersOf('wire.echo', { group: 'g', parent_id: 'p' }), '[[],{},{}]');
    await endOf(member);
    const { group_id: group, parent_id: parent } = await documentOf(member);
    assert.deepStrictEqual([group, parent], ['g', 'p']);
    assert.ok(Math.abs(Date.parse(dateDone as string) - Date.now()) < 60_000);

    // It tells what it finds of itself in the store.
    const running = await progress.delay();
    assert.deepStrictEqual(await running.get(wait), ['PROGRESS', null]);
  });

  test('BKE-23: children are the result tuples of what the task has sent', async () => {
    const parent = await family.delay();
    const ids = (await parent.get(wait)) as readonly string[];
    const { children } = await documentOf(parent.id);
    assert.deepStrictEqual(
      children,
      ids.map((id) => [[id, null], null]),
    );
  });

  test('BKE-24: an error is stored under its class, what it carries too, and comes back as that class', async () => {
    const call = await refuse.delay();
    await assert.rejects(call.get(wait));
    const { status, result, traceback } = await documentOf(call.id);
    assert.deepStrictEqual(
      [status, result],
      ['FAILURE', { exc_type: 'OrderRefused', exc_message: ['not today', { order: 7 }], exc_module: 'celeriac' }],
    );
    assert.match(traceback as string, /not today[\s\S]*\[cause\]: RangeError: the reason/);
    for (const [kind, type] of [
      ['type', 'TypeError'],
      ['range', 'ValueError'],
    ] as const) {
      const mapped = await overrun.delay(kind);
      await assert.rejects(mapped.get(wait));
      const { exc_type: name, exc_module: module } = (await documentOf(mapped.id))['result'] as Record<string, unknown>;
      assert.deepStrictEqual([name, module], [type, 'builtins']);
    }
    const unknown = await send(headersOf('wire.refuse'), '[[],{},{}]');
    await assert.rejects(endOf(unknown), (error) => {
      return error instanceof RemoteTaskError && error.type === 'OrderRefused' && error.message === 'not today';
    });
    assert.deepStrictEqual(((await documentOf(unknown))['result'] as { exc_message: unknown }).exc_message, [
      'not today',
      { order: 7 },
    ]);
    app.registerErrors(OrderRefused);
    await assert.rejects(endOf(unknown), (error) => error instanceof OrderRefused && error.order === 7);
  });
});

test('BKE-22: resultExtended adds the call, who ran it and its stamps', { timeout: 60_000 }, async () => {
  await using worker = await startWireWorker({ resultExtended: true });
  assert.ok(worker.taskNames.includes('wire.echo'));
  const stamps = { stamped_headers: ['tenant', 'status'], stamps: { tenant: ['x'], status: 'PENDING' } };
  const id = await send(headersOf('wire.echo', { retries: 2, ...stamps }), '[[1],{"k":2},{}]');
  await endOf(id);
  const { worker: node, ...rest } = await documentOf(id);
  assert.match(node as string, /@/);
  const { name, args, kwargs, retries, queue, stamped_headers: stamped, tenant, status } = rest;
  assert.deepStrictEqual(
    { name, args, kwargs, retries, queue, stamped, tenant, status },
    {
      name: 'wire.echo',
      args: [1],
      kwargs: { k: 2 },
      retries: 2,
      queue: 'celery',
      stamped: ['tenant', 'status'],
      tenant: ['x'],
      status: 'SUCCESS',
    },
  );
});
