import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AsyncResult } from '../../../core/app/async-result.js';
import { Celeriac } from '../../../core/app/celeriac.js';
import { DelayMany, type DelayManyOptions, type ManyCalls } from '../../../core/app/delay-many.js';
import { ConfigError, TransportError } from '../../../core/kernel/errors.js';

const app = new Celeriac('many', { brokerUrl: 'memory://many', resultBackend: 'memory://many' });

function sender(refuses: (n: number) => boolean = () => false) {
  const state = { sent: 0, open: 0, mostOpen: 0 };
  const send = async ({ args = [] }: { readonly args?: readonly unknown[] }): Promise<AsyncResult<number>> => {
    const n = Number(args[0]);
    state.open++;
    state.mostOpen = Math.max(state.mostOpen, state.open);
    await Promise.resolve();
    state.open--;
    if (refuses(n)) throw new TransportError(`refused ${String(n)}`);
    state.sent++;
    return app.asyncResult<number>(`id-${String(n)}`);
  };
  const many = (source: ManyCalls<[number]>, options: DelayManyOptions = {}) =>
    new DelayMany<[number], number>(source, send, options);
  return { state, many };
}

async function* numbers(count: number, onPull: (n: number) => void = () => undefined): AsyncGenerator<[number]> {
  for (let n = 0; n < count; n++) {
    onPull(n);
    yield await Promise.resolve([n] as [number]);
  }
}

test('one outcome for each call in the order of the source; an error is of its call alone', async () => {
  const { many } = sender((n) => n === 3);
  const outcomes = await many(numbers(7), { batchSize: 2 });
  assert.deepStrictEqual(
    outcomes.map(({ index, result, error }) => [index, result?.id ?? null, error?.message ?? null]),
    Array.from({ length: 7 }, (_, n) => [n, n === 3 ? null : `id-${String(n)}`, n === 3 ? 'refused 3' : null]),
  );
});

test('the source is pulled only as batches are confirmed', async () => {
  const { state, many } = sender();
  let pulled = 0;
  for await (const { index } of many(
    numbers(1_000, (n) => (pulled = n)),
    { batchSize: 10 },
  )) {
    assert.ok(pulled - index <= 30, `${String(pulled)} pulled at outcome ${String(index)}`);
  }
  assert.deepStrictEqual([state.sent, state.mostOpen <= 20], [1_000, true]);
});

test('whoever stops early ends the source, and waits for what is under way', async () => {
  const { state, many } = sender();
  let pulled = 0;
  for await (const { index } of many(
    numbers(100, (n) => (pulled = n)),
    { batchSize: 5 },
  ))
    if (index === 2) break;
  assert.deepStrictEqual([pulled < 20, state.open], [true, 0]);
});

test('what the source throws is told when all that has left is known', async () => {
  const { state, many } = sender();
  const broken = async function* (): AsyncGenerator<[number]> {
    yield* numbers(3);
    throw new Error('no more');
  };
  await assert.rejects(async () => many(broken(), { batchSize: 2 }), /no more/);
  assert.deepStrictEqual([state.sent, state.open], [2, 0]);
});

test('it sends once, and a batch is a count', async () => {
  const { many } = sender();
  const calls = many([[1]]);
  await calls;
  await assert.rejects(async () => calls, ConfigError);
  assert.throws(() => many([[1]], { batchSize: 0 }), ConfigError);
});
