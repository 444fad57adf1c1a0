import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConfigError } from '../../../../core/kernel/errors.js';
import { ringBytes, ringLayout } from '../../../../pools/ring/layout.js';
import { SharedMemory } from '../../../../pools/ring/memory.js';
import { RECORD_HEADER_BYTES, RecordKind, RecordWord, makeTag } from '../../../../pools/ring/record.js';
import { RingConsumer } from '../../../../pools/ring/ring-consumer.js';
import { RingProducer } from '../../../../pools/ring/ring-producer.js';

type Step = { readonly type: 'write'; readonly size: number } | { readonly type: 'read' | 'publish' | 'release' };

const TAG = makeTag(RecordKind.TASK, 0, 0);

/** A ring in memory of its own whose cursors start at `start`. */
function createRing(capacityBytes: number, start = 0) {
  const layout = ringLayout(0, capacityBytes);
  const memory = new SharedMemory(new SharedArrayBuffer(ringBytes(capacityBytes)));
  memory.store(layout.tailWord, start);
  memory.store(layout.headWord, start);
  return { layout, memory, producer: new RingProducer(memory, layout), consumer: new RingConsumer(memory, layout) };
}

type Ring = ReturnType<typeof createRing>;

function write({ producer, memory }: Ring, ticket: number, payloadBytes: number): boolean {
  if (!producer.reserve(payloadBytes)) return false;
  memory.bytes.fill(ticket & 0xff, producer.payloadByte, producer.payloadByte + payloadBytes);
  producer.commit(TAG, ticket, payloadBytes);
  return true;
}

/** Ticket and length of the next record, whose every byte must be what `write` put there; null when there is none. */
function read({ consumer, memory }: Ring): readonly [ticket: number, payloadBytes: number] | null {
  if (!consumer.next() && !(consumer.refresh() && consumer.next())) return null;
  const ticket = consumer.field(RecordWord.TICKET);
  const payload = memory.bytes.subarray(consumer.payloadByte, consumer.payloadByte + consumer.payloadBytes);
  assert.ok(payload.every((byte) => byte === (ticket & 0xff)));
  return [ticket, consumer.payloadBytes];
}

describe('a single-producer single-consumer ring', () => {
  it('refuses a capacity that is no power of two, too small or too large', () => {
    for (const capacity of [0, 128, 300, 2 ** 31, 1.5]) assert.throws(() => ringLayout(0, capacity), ConfigError);
  });

  it('shows nothing before it is published', () => {
    const ring = createRing(1024);
    assert.ok(write(ring, 1, 5));
    assert.equal(read(ring), null);
    assert.ok(ring.producer.publish());
    assert.deepEqual(read(ring), [1, 5]);
    assert.equal(ring.producer.publish(), false);
  });

  it('forgets a record that was aborted', () => {
    const ring = createRing(1024);
    assert.ok(ring.producer.reserve(64));
    ring.producer.abort();
    assert.ok(write(ring, 2, 8));
    ring.producer.publish();
    assert.deepEqual(read(ring), [2, 8]);
    assert.equal(read(ring), null);
  });

  it('takes fewer bytes than were reserved', () => {
    const ring = createRing(1024);
    assert.ok(ring.producer.reserve(90));
    ring.producer.commit(TAG, 3, 0);
    ring.producer.publish();
    assert.deepEqual(read(ring), [3, 0]);
  });

  it('is full until the consumer releases, and never overwrites', () => {
    const ring = createRing(256);
    let written = 0;
    while (write(ring, written + 1, 0)) written++;
    assert.equal(written, 256 / RECORD_HEADER_BYTES);
    ring.producer.publish();
    assert.deepEqual(read(ring), [1, 0]);
    assert.equal(write(ring, 100, 0), false);
    ring.consumer.release();
    assert.ok(write(ring, 100, 0));
    for (let ticket = 2; ticket <= written; ticket++) assert.deepEqual(read(ring), [ticket, 0]);
  });

  it('G5 wraps at every residue, also where only 8 bytes are left behind the last record', () => {
    const capacity = 1024;
    for (let start = 0; start < capacity; start += 8) {
      for (let payloadBytes = 0; payloadBytes <= capacity / 8 - RECORD_HEADER_BYTES; payloadBytes += 8) {
        const ring = createRing(capacity, -start | 0);
        for (let ticket = 1; ticket <= 3; ticket++) assert.ok(write(ring, ticket, payloadBytes));
        ring.producer.publish();
        for (let ticket = 1; ticket <= 3; ticket++) assert.deepEqual(read(ring), [ticket, payloadBytes]);
        assert.equal(ring.consumer.isPoisoned || ring.producer.isPoisoned, false);
      }
    }
  });

  it('behaves as a queue of bounded size, from any start near the wrap of its cursors', () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ type: fc.constant('write' as const), size: fc.integer({ min: 0, max: 96 }) }),
      fc.record({ type: fc.constantFrom('read' as const, 'publish' as const, 'release' as const) }),
    );
    const run = (start: number, shift: number, steps: readonly Step[]): void => {
      const ring = createRing(1024 << shift, (start * 8) | 0);
      const written: (readonly [number, number])[] = [];
      let published = 0;
      let reads = 0;
      let ticket = 0;
      for (const each of steps) {
        if (each.type === 'write') {
          if (write(ring, ++ticket, each.size)) written.push([ticket, each.size]);
        } else if (each.type === 'publish') {
          ring.producer.publish();
          published = written.length;
        } else if (each.type === 'release') ring.consumer.release();
        else assert.deepEqual(read(ring), reads < published ? written[reads++] : null);
      }
      assert.equal(ring.consumer.isPoisoned || ring.producer.isPoisoned, false);
    };
    const starts = fc.oneof(fc.integer({ min: -200, max: 200 }), fc.integer({ min: 2 ** 28 - 200, max: 2 ** 28 }));
    fc.assert(fc.property(starts, fc.integer({ min: 0, max: 2 }), fc.array(step, { maxLength: 200 }), run), {
      numRuns: 500,
    });
  });
});

describe('G6 a ring whose memory was scribbled on', () => {
  it('is poisoned by any cursor, length, kind or sequence that cannot be, and reads nothing outside', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 127 }),
        fc.integer(),
        fc.integer({ min: 0, max: 6 }),
        (at, value, reads) => {
          const ring = createRing(256);
          for (let ticket = 1; ticket <= 6; ticket++) write(ring, ticket, 0);
          ring.producer.publish();
          for (let i = 0; i < reads; i++) read(ring);
          ring.memory.store(at % (ringBytes(256) / 4), value);
          for (let i = 0; i < 20 && ring.consumer.refresh() && ring.consumer.next(); i++) {
            const endByte = ring.consumer.payloadByte + ring.consumer.payloadBytes;
            assert.ok(ring.consumer.payloadByte >= 256 && endByte <= 512);
          }
          ring.consumer.release();
          write(ring, 7, 0);
        },
      ),
      // A length whose alignment overflows.
      { numRuns: 2_000, examples: [[104, 2 ** 31 - 7, 0]] },
    );
  });

  it('notices a tail ahead of its capacity, an unaligned tail, a wrong length and a skipped record', () => {
    const scribbles: readonly ((ring: Ring) => void)[] = [
      (ring) => ring.memory.store(ring.layout.tailWord, 257),
      (ring) => ring.memory.store(ring.layout.tailWord, 264),
      (ring) => ring.memory.store(ring.layout.tailWord, -8),
      (ring) => ring.memory.store(ring.layout.dataByte / 4, 31),
      (ring) => ring.memory.store(ring.layout.dataByte / 4, 40),
      (ring) => ring.memory.store(ring.layout.dataByte / 4, -32),
      (ring) => ring.memory.store(ring.layout.dataByte / 4 + RecordWord.TAG, RecordKind.PADDING),
      (ring) => ring.memory.store(ring.layout.dataByte / 4 + RecordWord.SEQUENCE, 1),
    ];
    for (const scribble of scribbles) {
      const ring = createRing(256);
      write(ring, 1, 0);
      ring.producer.publish();
      scribble(ring);
      assert.equal(ring.consumer.refresh() && ring.consumer.next(), false);
      assert.ok(ring.consumer.isPoisoned);
      assert.equal(ring.consumer.refresh(), false);
    }
  });

  it('notices a head that cannot be, and takes nothing more', () => {
    for (const head of [264, -4096, 3]) {
      const ring = createRing(256);
      for (let ticket = 1; ticket <= 8; ticket++) assert.ok(write(ring, ticket, 0));
      ring.memory.store(ring.layout.headWord, head);
      assert.equal(write(ring, 9, 0), false);
      assert.ok(ring.producer.isPoisoned);
    }
  });
});
