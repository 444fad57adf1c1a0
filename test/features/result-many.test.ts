/** RES-20..31: results of several tasks as one, on each embedded backend. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Celeriac, ConfigError, GroupResult, ProtocolError, TimeoutError } from '../../core/app/public.js';
import { onEachBackend } from '../support/result-apps.js';

describe('results of several tasks', { timeout: 60_000 }, () => {
  test('RES-20: a set adds, removes and iterates, and tells the states of all from one read', () =>
    onEachBackend(async ({ app, write }) => {
      const [a, b, c] = [app.asyncResult('a'), app.asyncResult('b'), app.asyncResult('c')];
      const set = app.resultSet([a, b, a]);
      set.add(c);
      set.add(app.asyncResult('c'));
      assert.deepStrictEqual(
        [...set].map(({ id }) => id),
        ['a', 'b', 'c'],
      );
      assert.throws(() => {
        set.remove('x');
      }, ConfigError);
      set.remove(c);
      assert.deepStrictEqual([set.discard('c'), set.size, set.has('a')], [false, 2, true]);
      set.update([c]);
      const facts = async (): Promise<unknown[]> => [
        await set.ready(),
        await set.waiting(),
        await set.successful(),
        await set.failed(),
        await set.completedCount(),
      ];
      assert.deepStrictEqual(await facts(), [false, true, false, false, 0]);
      await write.succeed('a', 1);
      await write.succeed('b', 2);
      assert.deepStrictEqual(await facts(), [false, true, false, false, 2]);
      assert.deepStrictEqual(await set.maybeThrow(), [1, 2, null]);
      await write.fail('c', new RangeError('no'));
      assert.deepStrictEqual(await facts(), [true, false, false, true, 2]);
      await assert.rejects(set.maybeThrow(), /no/);
      set.discard(c);
      assert.deepStrictEqual(await facts(), [true, false, true, false, 2]);
      assert.ok(set.equals(app.resultSet([app.asyncResult('a'), app.asyncResult('b')])));
      await set.forget();
      assert.equal(await app.asyncResult('a').exists(), false);
      set.clear();
      assert.equal(set.size, 0);
    }));

  test('RES-21: join() waits in order under one deadline, tells a callback instead of returning, throws at the place', () =>
    onEachBackend(async ({ app, write }) => {
      const set = app.resultSet(['a', 'b', 'c'].map((id) => app.asyncResult(id)));
      await write.succeed('c', 3);
      const joined = set.join({ timeoutMs: 20_000 });
      await write.succeed('b', 2);
      await write.succeed('a', 1);
      assert.deepStrictEqual(await joined, [1, 2, 3]);
      const told: unknown[] = [];
      const none = await set.join({ callback: (id, value) => told.push([id, value]) });
      assert.deepStrictEqual(none, []);
      assert.deepStrictEqual(told, [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]);
      await write.fail('f', new RangeError('no'));
      const values: unknown[] = [];
      const mixed = app.resultSet(['a', 'f', 'b'].map((id) => app.asyncResult(id)));
      await assert.rejects(mixed.join({ callback: (_, value) => values.push(value) }), /no/);
      assert.deepStrictEqual(values, [1]);
      const states: string[] = [];
      let ticks = 0;
      const watched = app.resultSet(['a', 'w'].map((id) => app.asyncResult(id)));
      const all = watched.join({
        timeoutMs: 20_000,
        intervalMs: 5,
        onMessage: ({ taskId, state }) => states.push(`${taskId} ${state}`),
        onInterval: () => {
          if (++ticks === 2) void write.succeed('w', 4);
        },
      });
      assert.deepStrictEqual([await all, ticks >= 2], [[1, 4], true]);
      assert.equal(states.at(-1), 'w SUCCESS');
      const [first, second, third] = await mixed.join({ propagate: false });
      assert.ok(first === 1 && second instanceof Error && third === 2);
      // One deadline for all: it does not begin anew when one of them has come.
      const order: string[] = [];
      const late = app.resultSet(['soon', 'never'].map((id) => app.asyncResult(id)));
      const whole = assert.rejects(late.join({ timeoutMs: 120 }), TimeoutError).then(() => order.push('set'));
      await assert.rejects(app.asyncResult('other').get({ timeoutMs: 60 }), TimeoutError);
      await write.succeed('soon', 1);
      await assert.rejects(app.asyncResult('other').get({ timeoutMs: 120 }), TimeoutError);
      order.push('one after it');
      await whole;
      assert.deepStrictEqual(order, ['set', 'one after it']);
    }));

  test('RES-22: joinNative(), which get() takes, reads in batches, and returns by position what comes in any order', () =>
    onEachBackend(async ({ app, write }) => {
      const ids = Array.from({ length: 100 }, (_, i) => `t${String(i)}`);
      const set = app.resultSet(ids.map((id) => app.asyncResult<number>(id)));
      for (const i of [2, 1]) await write.succeed(`t${String(i)}`, i);
      const got = set.get({ timeoutMs: 20_000 });
      for (const i of ids.keys()) if (i !== 1 && i !== 2 && i < 99) await write.succeed(`t${String(i)}`, i);
      await write.succeed('t99', 99);
      assert.deepStrictEqual(await got, [...ids.keys()]);
      const arrived: string[] = [];
      const later = app.resultSet([app.asyncResult('last'), app.asyncResult('first')]);
      const joined = later.joinNative({ timeoutMs: 20_000, callback: (id) => arrived.push(id) });
      await write.succeed('first', 1);
      await write.progress('last', 'STARTED', null);
      await app.asyncResult('first').get();
      await write.succeed('last', 2);
      assert.deepStrictEqual(await joined, []);
      assert.deepStrictEqual(arrived, ['first', 'last']);
      await write.fail('f', new RangeError('no'));
      const mixed = app.resultSet([app.asyncResult('never'), app.asyncResult('f')]);
      await assert.rejects(mixed.joinNative({ timeoutMs: 20_000 }), /no/);
      await assert.rejects(app.resultSet([app.asyncResult('never')]).joinNative({ timeoutMs: 20 }), TimeoutError);
    }));

  test('RES-23: iterNative() and the loop over a set yield results as they become ready', () =>
    onEachBackend(async ({ app, write }) => {
      const names = ['slow', 'quick', 'failed'];
      const set = app.resultSet(names.map((id) => app.asyncResult(id)));
      const seen: unknown[] = [];
      await write.fail('failed', new RangeError('no'));
      for await (const [id, meta] of set.iterNative({ timeoutMs: 20_000 })) {
        seen.push([id, meta.state]);
        // Each is stored when the one before has come.
        if (id === 'failed') await write.succeed('quick', 1);
        if (id === 'quick') await write.succeed('slow', 2);
      }
      assert.deepStrictEqual(seen, [
        ['failed', 'FAILURE'],
        ['quick', 'SUCCESS'],
        ['slow', 'SUCCESS'],
      ]);
      set.discard('failed');
      const values = new Map<string, unknown>();
      for await (const [result, value] of set) values.set(result.id, value);
      assert.deepStrictEqual(Object.fromEntries(values), { slow: 2, quick: 1 });
      for await (const [result, value] of app.resultSet([app.asyncResult('failed')]).iterate({ propagate: false }))
        assert.ok(result.id === 'failed' && value instanceof Error);
      await assert.rejects(async () => {
        for await (const one of app.resultSet([app.asyncResult('never')]).iterNative({ timeoutMs: 20 }))
          assert.fail(one[0]);
      }, TimeoutError);
    }));

  test('RES-24: a group has id, parent and a barrier, is saved as Celery saves it, restored and deleted', () =>
    onEachBackend(async ({ app, write }) => {
      const parent = app.asyncResult('p');
      const inner = app.groupResult('inner', [app.asyncResult('b')]);
      const group = app.groupResult('g', [app.asyncResult('a'), inner], parent);
      assert.deepStrictEqual([group.id, String(group), group.parent], ['g', 'g', parent]);
      await group.save();
      const saved = Buffer.from((await write.backend.fetchGroup('g')) ?? []).toString();
      assert.deepStrictEqual(JSON.parse(saved), {
        result: [
          ['g', [['p', null], null]],
          [
            [['a', null], null],
            [['inner', null], [[['b', null], null]]],
          ],
        ],
      });
      const restored = await GroupResult.restore('g', app);
      assert.ok(restored !== null && restored.equals(group));
      assert.deepStrictEqual([restored.id, restored.parent?.id], ['g', 'p']);
      assert.deepStrictEqual(
        (await restored.children()).map(({ id }) => id),
        ['a', 'inner'],
      );
      let isOpen = false;
      const barrier = restored.readyBarrier({ timeoutMs: 20_000 }).then(() => (isOpen = true));
      await write.succeed('a', 1);
      await app.asyncResult('a').get();
      assert.equal(isOpen, false);
      assert.deepStrictEqual([await restored.ready(), await restored.completedCount()], [false, 1]);
      await write.fail('b', new RangeError('no'));
      await barrier;
      assert.deepStrictEqual([await restored.ready(), await restored.failed()], [true, true]);
      await group.delete();
      assert.equal(await GroupResult.restore('g', app), null);
      assert.equal(await app.asyncResult('a').exists(), true);
    }));

  test('RES-30: results travel as tuples and come back from them, and from a bare id', () =>
    onEachBackend(async ({ app }) => {
      const tuple = [
        ['g', [['p', null], null]],
        [
          [['a', null], null],
          [['b', [['a', null], null]], null],
        ],
      ];
      const group = app.resultFromTuple(tuple);
      assert.ok(group instanceof GroupResult);
      assert.deepStrictEqual(group.asTuple(), tuple);
      assert.equal(group.results[1]?.parent?.id, 'a');
      // So a handle can be an argument or a result of a task.
      assert.deepStrictEqual(JSON.parse(JSON.stringify({ group, a: group.results[0] })), {
        group: tuple,
        a: [['a', null], null],
      });
      assert.deepStrictEqual(app.resultFromTuple('bare').asTuple(), [['bare', null], null]);
      assert.deepStrictEqual(app.resultFromTuple(['bare', null]).id, 'bare');
      for (const wrong of [null, 5, [], [[null, null], null], {}]) {
        assert.throws(() => app.resultFromTuple(wrong), ProtocolError);
      }
      await Promise.resolve();
    }));

  test('RES-31: without a backend every question to a set or group says so', async () => {
    await using app = new Celeriac('results', { brokerUrl: 'memory://', resultBackend: 'disabled://' });
    const group = app.groupResult('g', [app.asyncResult('a')]);
    const questions = [
      () => group.get({ timeoutMs: 20 }),
      () => group.join({ timeoutMs: 20 }),
      () => group.joinNative({ timeoutMs: 20 }),
      () => group.ready(),
      () => group.successful(),
      () => group.failed(),
      () => group.waiting(),
      () => group.maybeThrow(),
      () => group.iterate().next(),
      () => group.iterNative().next(),
      () => group.readyBarrier({ timeoutMs: 20 }),
      () => group.completedCount(),
      () => group.forget(),
      () => group.save(),
      () => group.delete(),
      () => GroupResult.restore('g', app),
    ];
    for (const ask of questions) {
      await assert.rejects(ask(), (error) => error instanceof ConfigError && /no result backend/.test(error.message));
    }
  });
});
