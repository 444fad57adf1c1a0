import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AsyncResult } from '../../../core/app/async-result.js';
import { ResultSet } from '../../../core/app/result-set.js';
import {
  ConfigError,
  IncompleteStream,
  RemoteTaskError,
  TaskRevoked,
  TimeoutError,
} from '../../../core/kernel/errors.js';
import { ResultFixture } from '../../support/result-fixture.js';
import { turn } from '../../support/virtual-clock.js';

class PaymentRefused extends Error {
  readonly amount = 7;
}

function create() {
  const fixture = new ResultFixture();
  fixture.errors.add(PaymentRefused);
  return { fixture, result: new AsyncResult('id', fixture.source) };
}

test('get() resolves with the value', async () => {
  const { fixture, result } = create();
  await fixture.write.succeed('id', { a: [1] }, ['child']);
  assert.deepStrictEqual(await result.get(), { a: [1] });
  assert.deepStrictEqual([await result.ready(), await result.successful(), await result.failed()], [true, true, false]);
  assert.deepStrictEqual(
    (await result.children()).map(({ id }) => id),
    ['child'],
  );
});

test('get() throws an error of a registered class as that class, with stack and fields', async () => {
  const { fixture, result } = create();
  await fixture.write.fail('id', new PaymentRefused('no money'));
  await assert.rejects(result.get(), (error) => {
    assert.ok(error instanceof PaymentRefused);
    assert.deepStrictEqual([error.message, error.amount], ['no money', 7]);
    assert.match(error.stack ?? '', /async-result\.test/);
    return true;
  });
  assert.equal(await result.failed(), true);
  assert.match((await result.traceback()) ?? '', /no money/);
});

test('get() throws any other error as RemoteTaskError', async () => {
  class Unknown extends Error {}
  const { fixture, result } = create();
  await fixture.write.fail('id', new Unknown('x'));
  await assert.rejects(result.get(), (error) => error instanceof RemoteTaskError && error.type === 'Unknown');
});

test('without propagate get() resolves with the error', async () => {
  const { fixture, result } = create();
  await fixture.write.revoke('id', 'expired');
  assert.ok((await result.get({ propagate: false })) instanceof TaskRevoked);
});

test('get() of a call that stores no result resolves with null instead of waiting for ever', async () => {
  const { fixture } = create();
  const result = new AsyncResult('id', fixture.source, { isIgnored: true });
  assert.equal(await result.get(), null);
  assert.deepStrictEqual(await new ResultSet([result], fixture.source).get(), [null]);
  assert.equal((await result.updates().next()).done, true);
  assert.equal(fixture.backend.watches, 0);
});

test('an id that nobody knows is PENDING', async () => {
  const { result } = create();
  assert.deepStrictEqual([await result.state(), await result.info(), await result.ready()], ['PENDING', null, false]);
  assert.deepStrictEqual([await result.children(), await result.exists()], [[], false]);
});

test('progress is readable as state and info', async () => {
  const { fixture, result } = create();
  await fixture.write.progress('id', 'PROGRESS', { done: 3 });
  assert.deepStrictEqual([await result.state(), await result.info()], ['PROGRESS', { done: 3 }]);
});

test('a retry has its cause as info, or nothing', async () => {
  const { fixture, result } = create();
  await fixture.write.retry('id', new RangeError('again'));
  assert.ok((await result.info()) instanceof Error);
  await fixture.write.retry('id', undefined);
  assert.equal(await result.info(), null);
});

test('a wait ends at its deadline or at the abort, and then nobody watches', async () => {
  const { fixture, result } = create();
  const late = assert.rejects(result.get({ timeoutMs: 100 }), TimeoutError);
  await fixture.clock.advance(100);
  await late;
  const end = new AbortController();
  const given = assert.rejects(result.get({ signal: end.signal }), RangeError);
  await turn();
  end.abort(new RangeError('enough'));
  await given;
  await assert.rejects(result.get({ signal: end.signal }), RangeError);
  assert.deepStrictEqual([fixture.backend.watches, fixture.clock.timers], [0, 0]);
});

test('onInterval is called through the wait, and ends it with what it throws', async () => {
  const { fixture, result } = create();
  let ticks = 0;
  const stopped = assert.rejects(
    result.get({
      intervalMs: 10,
      onInterval: () => {
        if (++ticks === 3) throw new RangeError('enough');
      },
    }),
    RangeError,
  );
  await fixture.clock.advance(100);
  await stopped;
  await turn();
  assert.deepStrictEqual([ticks, fixture.backend.watches, fixture.clock.timers], [3, 0, 0]);
});

test('an interval of nothing is refused: a backend would be read without pause', async () => {
  const { result } = create();
  await assert.rejects(result.get({ intervalMs: 0 }), ConfigError);
  assert.throws(() => result.updates({ intervalMs: -1 }), ConfigError);
});

test('updates() is told each state once, until the ready one', async () => {
  const { fixture, result } = create();
  const states: string[] = [];
  const all = (async () => {
    for await (const { state } of result.updates()) states.push(state);
  })();
  await turn();
  for (const done of [1, 2, 2]) {
    await fixture.write.progress('id', 'PROGRESS', { done });
    await turn();
  }
  await fixture.write.succeed('id', 1);
  await all;
  assert.deepStrictEqual(states, ['PROGRESS', 'PROGRESS', 'SUCCESS']);
  for await (const { state } of result.updates()) states.push(state);
  assert.equal(states.length, 4);
});

test('a parent that fails during the wait ends it, unless told not to look at parents', async () => {
  const { fixture } = create();
  const parent = new AsyncResult('parent', fixture.source);
  const child = new AsyncResult('child', fixture.source, { parent });
  const waiting = assert.rejects(child.get(), PaymentRefused);
  const patient = child.get({ followParents: false });
  await turn();
  await fixture.write.fail('parent', new PaymentRefused('first'));
  await waiting;
  await fixture.write.succeed('child', 5);
  assert.equal(await patient, 5);
  await turn();
  assert.equal(fixture.backend.watches, 0);
});

test('getLeaf() is the value of the deepest, and a tree that is not ready is incomplete', async () => {
  const { fixture, result } = create();
  await fixture.write.succeed('id', 1, ['a', 'b']);
  await fixture.write.succeed('a', 2);
  await fixture.write.succeed('b', 3, ['c']);
  await fixture.write.succeed('c', 4);
  assert.equal(await result.getLeaf(), 4);
  fixture.backend.results.delete('a');
  await assert.rejects(result.buildGraph(), IncompleteStream);
  const graph = await result.buildGraph({ intermediate: true, formatter: ({ id }) => `"${id}"` });
  assert.deepStrictEqual(
    [...graph].map(({ id }) => id),
    ['id', 'a', 'b', 'c'],
  );
  assert.match(graph.toDot(), /"b" -> "c";/);
  assert.match(graph.toDot(), /label="\\"c\\""/);
});

test('a set gives up at its deadline also while the backend does not answer the first read', async () => {
  const { fixture } = create();
  fixture.backend.fetch = () => new Promise(() => undefined);
  const set = new ResultSet([new AsyncResult('id', fixture.source)], fixture.source);
  const ended = assert.rejects(set.get({ timeoutMs: 100 }), TimeoutError);
  await fixture.clock.advance(100);
  await ended;
  assert.equal(fixture.clock.timers, 0);
  await assert.rejects(set.get({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});
