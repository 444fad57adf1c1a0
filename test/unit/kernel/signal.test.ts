import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signal } from '../../../core/kernel/signal.js';
import { VirtualClock } from '../../support/virtual-clock.js';

interface Named {
  readonly name: string;
}

function createSignal() {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const signal = new Signal<Named, { readonly value: number }>({
    name: 'rang',
    clock,
    keyOf: (sender) => (typeof sender === 'string' ? sender : sender.name),
    onError: (_name, error) => errors.push(error),
  });
  return { signal, errors, clock };
}

const front: Named = { name: 'front' };
const back: Named = { name: 'back' };

test('receivers get arguments and sender, and what they return is collected in order', () => {
  const { signal } = createSignal();
  assert.equal(signal.hasListeners, false);
  const first = signal.connect(({ value, sender }) => [value, sender.name]);
  const double = ({ value }: { readonly value: number }) => value * 2;
  signal.connect(double);
  assert.equal(signal.hasListeners, true);
  assert.deepStrictEqual(
    signal.send(front, { value: 2 }).map(([, result]) => result),
    [[2, 'front'], 4],
  );
  first();
  assert.deepStrictEqual(signal.send(front, { value: 3 }), [[double, 6]]);
  assert.equal(signal.disconnect(double), true);
  assert.equal(signal.disconnect(double), false);
  assert.equal(signal.hasListeners, false);
});

test('a sender filter takes the object or its name', () => {
  const { signal } = createSignal();
  const heard: string[] = [];
  signal.connect(() => heard.push('object'), { sender: front });
  signal.connect(() => heard.push('name'), { sender: 'back' });
  signal.send({ name: 'front' }, { value: 1 });
  signal.send(back, { value: 1 });
  assert.deepStrictEqual(heard, ['object', 'name']);
});

test('a receiver or uid is connected once for each sender', () => {
  const { signal } = createSignal();
  let calls = 0;
  const count = () => ++calls;
  signal.connect(count);
  signal.connect(count);
  signal.connect(() => ++calls, { dispatchUid: 'once' });
  signal.connect(() => ++calls, { dispatchUid: 'once' });
  signal.connect(count, { sender: front });
  signal.send(front, { value: 1 });
  assert.equal(calls, 3);
  assert.equal(signal.disconnect(null, { dispatchUid: 'once' }), true);
});

test('errors of receivers are reported and collected, and the others are still called', async () => {
  const { signal, errors } = createSignal();
  const wrong = new Error('wrong');
  signal.connect(() => {
    throw wrong;
  });
  signal.connect(() => 'fine');
  assert.deepStrictEqual(
    signal.send(front, { value: 1 }).map(([, result]) => result),
    [wrong, 'fine'],
  );
  signal.connect(() => Promise.reject(wrong));
  const awaited = await signal.sendAsync(front, { value: 1 });
  assert.deepStrictEqual(
    awaited.map(([, result]) => result),
    [wrong, 'fine', wrong],
  );
  assert.deepStrictEqual(errors, [wrong, wrong, wrong]);
});

test('sendAsync waits for one receiver after the other', async () => {
  const { signal } = createSignal();
  const order: string[] = [];
  signal.connect(async () => {
    await new Promise(setImmediate);
    order.push('slow');
  });
  signal.connect(() => order.push('quick'));
  await signal.sendAsync(front, { value: 1 });
  assert.deepStrictEqual(order, ['slow', 'quick']);
});

test('a receiver that fails is called again with retry, after 2 s, 4 s, …', async () => {
  const { signal, clock } = createSignal();
  let calls = 0;
  const flaky = () => {
    if (++calls < 3) throw new Error('not yet');
    return calls;
  };
  signal.connect(flaky, { retry: true });
  const sent = signal.sendAsync(front, { value: 1 });
  for (const stepMs of [1_999, 1, 4_000]) {
    await new Promise(setImmediate);
    await clock.advance(stepMs);
  }
  assert.deepStrictEqual(await sent, [[flaky, 3]]);
});

test('a receiver held weakly is still called while something refers to it', () => {
  const { signal } = createSignal();
  const held = () => 'held';
  signal.connect(held, { weak: true });
  assert.deepStrictEqual(signal.send(front, { value: 1 }), [[held, 'held']]);
});
