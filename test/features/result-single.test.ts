/** RES-01..12: the handle of one task's result, on each embedded backend. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AsyncResult,
  type Celeriac,
  ConfigError,
  IncompleteStream,
  RemoteTaskError,
  TaskRevoked,
  TimeoutError,
  type ResultNode,
} from '../../core/app/public.js';
import { TestWorker } from '../../testing/public.js';
import { add, app as workerApp, family, join } from '../support/members/result-tasks.js';
import { onEachBackend } from '../support/result-apps.js';

const module = new URL('../support/members/result-tasks.js', import.meta.url);

class PaymentRefused extends Error {
  readonly amount = 7;
}

describe('the handle of a result', { timeout: 60_000 }, () => {
  test('RES-01: a handle has every field of the stored document', () =>
    onEachBackend(async ({ app, write }) => {
      await write.document('t', {
        status: 'SUCCESS',
        result: 5,
        traceback: null,
        children: [[['c', null], null]],
        date_done: '2026-11-22T16:07:45.804000+00:00',
        task_id: 't',
        parent_id: 'p',
        name: 'shop.add',
        args: [2, 3],
        kwargs: { round: true },
        worker: 'celery@here',
        retries: 2,
        queue: 'quick',
        group_id: 'g',
      });
      const parent = app.asyncResult('p');
      const result = taskResult(app, [['t', [['p', null], null]], null]);
      assert.deepStrictEqual([result.id, result.taskId, result.ignored], ['t', 't', false]);
      assert.deepStrictEqual([await result.state(), await result.status()], ['SUCCESS', 'SUCCESS']);
      assert.deepStrictEqual([await result.info(), await result.result()], [5, 5]);
      assert.equal(await result.traceback(), null);
      assert.deepStrictEqual(idsOf(await result.children()), ['c']);
      assert.ok(result.parent?.equals(parent));
      assert.deepStrictEqual(
        [await result.name(), await result.args(), await result.kwargs()],
        ['shop.add', [2, 3], { round: true }],
      );
      assert.deepStrictEqual(
        [await result.worker(), await result.retries(), await result.queue()],
        ['celery@here', 2, 'quick'],
      );
      assert.deepStrictEqual(await result.dateDone(), new Date('2026-11-22T16:07:45.804Z'));
      const meta = await result.meta();
      assert.deepStrictEqual([meta.taskId, meta.state, meta.parentId, meta.groupId], ['t', 'SUCCESS', 'p', 'g']);

      await write.fail('bad', new RangeError('no'));
      assert.match((await app.asyncResult('bad').traceback()) ?? '', /no[^]*result-single\.test/);
      const unknown = app.asyncResult('nobody');
      assert.deepStrictEqual(
        [await unknown.state(), await unknown.info(), await unknown.traceback(), await unknown.children()],
        ['PENDING', null, null, []],
      );
      assert.deepStrictEqual(
        [await unknown.name(), await unknown.worker(), await unknown.dateDone(), unknown.parent],
        [null, null, null, null],
      );
    }));

  test('RES-02: get() takes deadline, interval, parents, callbacks and an AbortSignal', () =>
    onEachBackend(async ({ app, write }) => {
      const result = app.asyncResult('t');
      const states: string[] = [];
      const values: unknown[] = [];
      let ticks = 0;
      const value = result.get({
        timeoutMs: 20_000,
        intervalMs: 5,
        onMessage: ({ state }) => states.push(state),
        onInterval: () => {
          if (++ticks === 2) void write.progress('t', 'PROGRESS', 1);
          if (states.length > 0) void write.succeed('t', 6);
        },
        callback: (taskId, result) => values.push(taskId, result),
      });
      assert.equal(await value, 6);
      assert.deepStrictEqual([states[0], states.at(-1), ticks >= 2], ['PROGRESS', 'SUCCESS', true]);
      assert.deepStrictEqual(values, ['t', 6]);

      const end = new AbortController();
      const given = app.asyncResult('other').get({ signal: end.signal });
      end.abort(new RangeError('enough'));
      await assert.rejects(given, RangeError);

      await write.fail('p', new RangeError('before it'));
      const child = app.resultFromTuple([['t', [['p', null], null]], null]);
      await assert.rejects(child.get(), /before it/);
      assert.equal(await child.get({ followParents: false }), 6);
      assert.equal(await child.get({ propagate: false }), 6);
      await assert.rejects(app.asyncResult('x').get({ intervalMs: 0 }), ConfigError);
      await assert.rejects(app.asyncResult('x').get({ timeoutMs: 20 }), TimeoutError);
    }));

  test('RES-03: a deadline that passes is a TimeoutError, 0 takes what is there, an ignored result is null at once', () =>
    onEachBackend(async ({ app, write }) => {
      await assert.rejects(app.asyncResult('t').get({ timeoutMs: 20 }), TimeoutError);
      await assert.rejects(app.asyncResult('t').get({ timeoutMs: 0 }), TimeoutError);
      await write.succeed('t', 'there');
      assert.equal(await app.asyncResult('t').get({ timeoutMs: 0 }), 'there');
      const ignored = await app.sendTask('results.nobody', { ignoreResult: true });
      assert.deepStrictEqual([ignored.ignored, await ignored.get()], [true, null]);
    }));

  test('RES-04: failures and revocations are thrown, with causes, the remote stack as a cause where it is asked for', async () => {
    await onEachBackend(async ({ app, write }) => {
      app.registerErrors(PaymentRefused);
      const reason = new TypeError('the reason', { cause: new Error('the root') });
      await write.fail('t', new PaymentRefused('no money', { cause: reason }));
      const error = await thrown(app.asyncResult('t').get());
      assert.ok(error instanceof PaymentRefused);
      assert.deepStrictEqual([error.message, error.amount], ['no money', 7]);
      const cause = error.cause as RemoteTaskError;
      assert.deepStrictEqual([cause.type, cause.message], ['TypeError', 'the reason']);
      assert.match(cause.stack ?? '', /result-single\.test/);
      assert.match((cause.cause as Error).message, /the root/);
      assert.ok((await app.asyncResult('t').get({ propagate: false })) instanceof PaymentRefused);
      await write.fail('alone', new PaymentRefused('no reason'));
      assert.equal((await thrown(app.asyncResult('alone').get())).cause, undefined);

      // A parent that has failed is thrown first, the first one of the chain before all.
      await write.succeed('child', 1);
      await write.fail('grand', new RangeError('the grandparent'));
      const chain = [['child', [['t', [['grand', null], null]], null]], null];
      await assert.rejects(app.resultFromTuple(chain).get(), /the grandparent/);
      assert.equal(await app.resultFromTuple(chain).get({ followParents: false }), 1);

      await write.revoke('r', 'terminated');
      const revoked = await thrown(app.asyncResult('r').get());
      assert.ok(revoked instanceof TaskRevoked);
      assert.equal(revoked.reason, 'terminated');
      assert.ok((await app.asyncResult('r').get({ propagate: false })) instanceof TaskRevoked);
    });
    await onEachBackend(
      async ({ app, write }) => {
        await write.fail('t', new PaymentRefused('no money'));
        const error = await thrown(app.asyncResult('t').get());
        assert.ok(error instanceof RemoteTaskError);
        assert.match((error.cause as Error).stack ?? '', /no money[^]*result-single\.test/);
      },
      { taskRemoteTracebacks: true },
    );
  });

  test('RES-05: a callback is told id and value, and get() returns the value all the same', () =>
    onEachBackend(async ({ app, write }) => {
      const told: unknown[] = [];
      const callback = (taskId: string, value: unknown): void => void told.push([taskId, value]);
      await write.succeed('t', 4);
      assert.equal(await app.asyncResult('t').get({ callback }), 4);
      await write.fail('f', new RangeError('no'));
      await assert.rejects(app.asyncResult('f').get({ callback }));
      assert.deepStrictEqual(told, [['t', 4]]);
      const error = await app.asyncResult('f').get({ callback, propagate: false });
      assert.deepStrictEqual(told.at(-1), ['f', error]);
    }));

  test('RES-07: ready, successful, failed, maybeThrow, throw, exists and forget tell and do what they say', () =>
    onEachBackend(async ({ app, write }) => {
      const result = taskResult(app, [['t', [['p', null], null]], null]);
      const facts = async (): Promise<boolean[]> => [
        await result.ready(),
        await result.successful(),
        await result.failed(),
        await result.exists(),
      ];
      assert.deepStrictEqual(await facts(), [false, false, false, false]);
      assert.equal(await result.maybeThrow(), null);
      await write.progress('t', 'PROGRESS', { done: 1 });
      assert.deepStrictEqual(await facts(), [false, false, false, true]);
      assert.deepStrictEqual(await result.maybeThrow(), { done: 1 });
      await write.fail('t', new RangeError('no'));
      assert.deepStrictEqual(await facts(), [true, false, true, true]);
      await assert.rejects(result.maybeThrow(), /no/);
      await assert.rejects(result.maybeReraise(), /no/);
      assert.ok((await result.maybeThrow({ propagate: false })) instanceof Error);
      assert.throws(() => result.throw(new RangeError('mine')), RangeError);
      await write.succeed('p', 1);
      assert.deepStrictEqual(
        [
          await app.asyncResult('p').ready(),
          await app.asyncResult('p').successful(),
          await app.asyncResult('p').failed(),
        ],
        [true, true, false],
      );
      const told: unknown[] = [];
      assert.equal(await app.asyncResult('p').maybeThrow({ callback: (id, value) => told.push(id, value) }), 1);
      assert.deepStrictEqual(told, ['p', 1]);
      await write.revoke('r');
      const revoked = app.asyncResult('r');
      assert.deepStrictEqual(
        [await revoked.ready(), await revoked.successful(), await revoked.failed()],
        [true, false, false],
      );
      await assert.rejects(revoked.maybeThrow(), TaskRevoked);
      await result.forget();
      assert.deepStrictEqual(await facts(), [false, false, false, false]);
      assert.equal(await app.asyncResult('p').exists(), false);
    }));

  test('RES-09: a result is not thenable, wait() gives the promise', () =>
    onEachBackend(async ({ app, write }) => {
      const result = app.asyncResult('t');
      assert.ok(!('then' in result));
      assert.equal(await Promise.resolve(result), result);
      const doubled = result.wait({ timeoutMs: 20_000 }).then((value) => Number(value) * 2);
      await write.succeed('t', 4);
      assert.equal(await doubled, 8);
      await write.fail('f', new RangeError('no'));
      assert.equal(
        await app
          .asyncResult('f')
          .wait()
          .catch(() => 'caught'),
        'caught',
      );
    }));

  test('RES-11: results are equal by id, a string is its id, asList() has the parents', () =>
    onEachBackend(async ({ app }) => {
      const result = taskResult(app, [['t', [['p', [['q', null], null]], null]], null]);
      assert.ok(result.equals(app.asyncResult('t')) && result.equals('t'));
      assert.ok(!result.equals(app.asyncResult('p')) && !result.equals(null));
      assert.equal(String(result), 't');
      assert.deepStrictEqual([result.asList(), app.asyncResult('t').asList()], [['t', 'p', 'q'], ['t']]);
      await Promise.resolve();
    }));

  test('RES-12: states are read again until the task is ready, then remembered', () =>
    onEachBackend(async ({ app, write }) => {
      const result = app.asyncResult('t');
      assert.equal(await result.state(), 'PENDING');
      await write.progress('t', 'STARTED', null);
      assert.equal(await result.state(), 'STARTED');
      await write.succeed('t', 1);
      assert.equal(await result.state(), 'SUCCESS');
      await write.backend.forget(['t']);
      assert.equal(await result.state(), 'SUCCESS');
      assert.equal(await result.get({ timeoutMs: 0 }), 1);
      assert.equal(await app.asyncResult('t').state(), 'PENDING');
    }));
});

describe('results of a worker', { timeout: 60_000 }, () => {
  let worker: TestWorker;
  before(async () => {
    worker = await TestWorker.start({ app: workerApp, module, concurrency: 2 });
  });
  after(() => worker.close());

  test('RES-06: get() inside a task is refused, unless it is allowed', async () => {
    const outcomes = new Map<string, unknown>();
    for (const manner of ['plain', 'set', 'option', 'allowed'] as const) {
      outcomes.set(manner, await (await join.delay(manner)).get({ timeoutMs: 20_000, propagate: false }));
    }
    assert.match(String(outcomes.get('plain')), /never wait for a result inside a task/);
    assert.match(String(outcomes.get('set')), /never wait for results inside a task/);
    assert.deepStrictEqual([outcomes.get('option'), outcomes.get('allowed')], [3, 3]);
  });

  test('RES-10: collect, iterdeps, getLeaf and buildGraph walk the tree that a task has led to', async () => {
    const result = await family.delay(10);
    const ids = await result.get({ timeoutMs: 20_000 });
    // The tree is complete when the children are.
    await workerApp.resultSet(ids.map((id) => workerApp.asyncResult(id))).get({ timeoutMs: 20_000 });
    const collected: unknown[] = [];
    for await (const [node, value] of result.collect()) collected.push([node.id, value]);
    assert.deepStrictEqual(collected, [
      [result.id, ids],
      [ids[0], 11],
      [ids[1], 12],
    ]);
    const parents: unknown[] = [];
    for await (const [parent, node] of result.iterdeps()) parents.push([parent?.id ?? null, node.id]);
    assert.deepStrictEqual(parents, [
      [null, result.id],
      [result.id, ids[0]],
      [result.id, ids[1]],
    ]);
    assert.equal(await result.getLeaf(), 12);
    const graph = await result.buildGraph();
    assert.deepStrictEqual(graph.edges, [
      [result.id, ids[0]],
      [result.id, ids[1]],
    ]);
    assert.ok(graph.toDot().includes(`"${result.id}" -> "${String(ids[0])}"`));
    await assert.rejects(workerApp.asyncResult('nobody').buildGraph(), IncompleteStream);
    assert.equal([...(await workerApp.asyncResult('nobody').buildGraph({ intermediate: true }))].length, 1);
    assert.equal(await (await add.delay(1, 1)).get({ timeoutMs: 20_000 }), 2);
    await onEachBackend(async ({ app, write }) => {
      await write.succeed('root', 0, ['a', 'b']);
      await write.succeed('a', 1, ['c']);
      const root = app.asyncResult('root');
      const walk = async (intermediate: boolean): Promise<unknown[]> => {
        const seen: unknown[] = [];
        for await (const [parent, node] of root.iterdeps({ intermediate })) seen.push([parent?.id ?? null, node.id]);
        return seen;
      };
      const edges = [
        ['root', 'a'],
        ['root', 'b'],
        ['a', 'c'],
      ];
      await assert.rejects(walk(false), IncompleteStream);
      assert.deepStrictEqual(await walk(true), [[null, 'root'], ...edges]);
      await write.succeed('b', 2);
      await write.succeed('c', 3);
      const values: unknown[] = [];
      for await (const [, value] of root.collect()) values.push(value);
      assert.deepStrictEqual([values, await root.getLeaf()], [[0, 1, 2, 3], 3]);
      assert.deepStrictEqual((await root.buildGraph()).edges, edges);
    });
  });
});

function taskResult(app: Celeriac, tuple: unknown): AsyncResult {
  const result = app.resultFromTuple(tuple);
  assert.ok(result instanceof AsyncResult);
  return result;
}

function idsOf(nodes: readonly ResultNode[]): readonly string[] {
  return nodes.map(({ id }) => id);
}

async function thrown(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
