import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DirectOutlet } from '../../../core/app/direct-outlet.js';
import { ConnectionLostError, ProtocolError, TimeoutError, TransportError } from '../../../core/kernel/errors.js';
import { createSeededRandom } from '../../../core/kernel/random.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { FakeBackend } from '../../support/fake-backend.js';
import { FakeTransport } from '../../support/fake-transport.js';
import { outgoing, settingsOf } from '../../support/task-plan.js';
import { turn, VirtualClock } from '../../support/virtual-clock.js';

function createOutlet(input: SettingsInput = {}) {
  const clock = new VirtualClock();
  const wires = { transport: new FakeTransport() };
  const backend = new FakeBackend();
  const outlet = new DirectOutlet({
    connections: {
      transport: () => Promise.resolve(wires.transport),
      backend: () => Promise.resolve(backend),
      openedBackend: backend,
    },
    settings: settingsOf(input),
    clock,
    random: createSeededRandom(1),
  });
  return { outlet, clock, backend, wires, transport: wires.transport };
}

test('publishes of one turn are one batch, their queue declared once', async () => {
  const { outlet, transport } = createOutlet();
  await Promise.all([outlet.publish(outgoing('a')), outlet.publish(outgoing('b'))]);
  await outlet.publish(outgoing('c'));
  assert.deepStrictEqual(
    transport.batches.map((batch) => batch.map(({ headers }) => headers.table['id'])),
    [['a', 'b'], ['c']],
  );
  assert.deepStrictEqual(transport.declared, ['celery']);
});

test('a new connection is told of the queues again', async () => {
  const { outlet, wires } = createOutlet();
  await outlet.publish(outgoing('a'));
  wires.transport = new FakeTransport();
  await outlet.publish(outgoing('b'));
  assert.deepStrictEqual(wires.transport.declared, ['celery']);
});

test('CALL-40 an error of the connection is tried again with the same messages', async () => {
  const { outlet, clock, transport } = createOutlet();
  let left = 2;
  transport.confirm = () => (left-- > 0 ? Promise.reject(new ConnectionLostError('gone')) : Promise.resolve());
  const sent = outlet.publish(outgoing('a'));
  await clock.runUntilIdle();
  await sent;
  assert.equal(transport.batches.length, 3);
  assert.equal(clock.timers, 0);
});

test('CALL-40 three retries, then the caller hears of it', async () => {
  const { outlet, clock, transport } = createOutlet();
  transport.confirm = () => Promise.reject(new TransportError('refused'));
  const refused = assert.rejects(outlet.publish(outgoing('a')), TransportError);
  await clock.runUntilIdle();
  await refused;
  assert.equal(transport.batches.length, 4);
});

test('an error that trying again does not mend is told at once', async () => {
  const { outlet, transport } = createOutlet();
  transport.confirm = () => Promise.reject(new ProtocolError('too large'));
  await assert.rejects(outlet.publish(outgoing('a')), ProtocolError);
  assert.equal(transport.batches.length, 1);
});

test('a message that cannot be carried fails alone, not those of other callers in its batch', async () => {
  const { outlet, transport } = createOutlet();
  transport.confirm = (batch) =>
    batch.some(({ headers }) => headers.table['id'] === 'bad')
      ? Promise.reject(new ProtocolError('too large'))
      : Promise.resolve();
  const all = ['a', 'bad', 'b'].map((id) => outlet.publish(outgoing(id)));
  const ends = await Promise.allSettled(all);
  assert.deepStrictEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('A5 a broker that does not answer is a TimeoutError at the deadline', async () => {
  const { outlet, clock, transport } = createOutlet({ taskPublishTimeoutMs: 500 });
  transport.confirm = () => new Promise(() => undefined);
  const late = assert.rejects(outlet.publish(outgoing('a')), TimeoutError);
  await clock.advance(500);
  await late;
});

test('A5 the wait for room counts towards the same deadline', async () => {
  const { outlet, clock, transport } = createOutlet({ taskPublishTimeoutMs: 500, taskMaxUnconfirmed: 1 });
  transport.confirm = () => new Promise((resolve) => clock.after(400, resolve));
  const first = outlet.publish(outgoing('a'));
  const late = assert.rejects(outlet.publish(outgoing('b')), TimeoutError);
  await clock.advance(400);
  await first;
  await clock.advance(100);
  await late;
});

test('beyond the bound of unconfirmed messages a publish waits for a confirm', async () => {
  const { outlet, transport } = createOutlet({ taskMaxUnconfirmed: 2 });
  const confirms: (() => void)[] = [];
  transport.confirm = () => new Promise((resolve) => confirms.push(resolve));
  const all = ['a', 'b', 'c'].map((id) => outlet.publish(outgoing(id)));
  await turn();
  assert.deepStrictEqual(
    transport.batches.map(({ length }) => length),
    [2],
  );
  confirms[0]?.();
  await turn();
  assert.deepStrictEqual(
    transport.batches.map(({ length }) => length),
    [2, 1],
  );
  confirms[1]?.();
  await Promise.all(all);
});
