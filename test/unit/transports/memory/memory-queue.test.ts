import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MemoryQueue, type MemoryMessage } from '../../../../transports/memory/memory-queue.js';
import { message } from '../../../contract/transport-inbox.js';

function item(id: number, priority: number, expiresEpochMs: number | null = null): MemoryMessage {
  return { id, message: message(String(id), { priority }), publishedEpochMs: 0, expiresEpochMs, deliveries: 0 };
}

describe('memory queue', () => {
  test('whatever comes and comes back, the highest priority and then the oldest is next', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), priority: fc.integer({ min: 0, max: 3 }) }),
      fc.constant({ kind: 'take' as const }),
      fc.constant({ kind: 'back' as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new MemoryQueue({ name: 'q', durable: true });
        const model: MemoryMessage[] = [];
        const taken: MemoryMessage[] = [];
        let lastId = 0;
        const put = (one: MemoryMessage): void => {
          queue.add(one);
          model.push(one);
        };
        for (const next of steps) {
          if (next.kind === 'add') put(item(++lastId, next.priority));
          else if (next.kind === 'back') {
            const returned = taken.shift();
            if (returned !== undefined) put(returned);
          } else {
            model.sort(
              (a, b) => (b.message.properties.priority ?? 0) - (a.message.properties.priority ?? 0) || a.id - b.id,
            );
            const found = queue.take(0);
            assert.equal(found, model.shift() ?? null);
            if (found !== null) taken.push(found);
          }
          assert.equal(queue.readyCount, model.length);
        }
      }),
    );
  });

  test('ten thousand are taken in order while the front is cut off', () => {
    const queue = new MemoryQueue({ name: 'q', durable: true });
    for (let id = 1; id <= 10_000; id++) queue.add(item(id, 0));
    for (let id = 1; id <= 10_000; id++) assert.equal(queue.take(0)?.id, id);
    assert.equal(queue.take(0), null);
  });

  test('what has expired is passed over', () => {
    const queue = new MemoryQueue({ name: 'q', durable: true });
    queue.add(item(1, 0, 100));
    queue.add(item(2, 0, 101));
    assert.equal(queue.take(100)?.id, 2);
  });

  test('a purge takes ready and delayed messages, and a purged one never becomes ready', () => {
    const queue = new MemoryQueue({ name: 'q', durable: true });
    const delayed = item(2, 0);
    queue.add(item(1, 0));
    queue.delay(delayed);
    assert.equal(queue.purge(), 2);
    assert.equal(queue.undelay(delayed), false);
    assert.equal(queue.take(0), null);
  });
});
