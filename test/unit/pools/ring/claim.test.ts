import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { claimRecord, isQueued, recallRecord } from '../../../../pools/ring/claim.js';
import { ringBytes, ringLayout } from '../../../../pools/ring/layout.js';
import { SharedMemory } from '../../../../pools/ring/memory.js';
import { ClaimState, RecordKind, RecordWord, makeTag } from '../../../../pools/ring/record.js';
import { RingConsumer } from '../../../../pools/ring/ring-consumer.js';
import { RingProducer } from '../../../../pools/ring/ring-producer.js';

/** Large, so that a few hundred records turn the cursors; its pages are never touched but for the headers. */
const CAPACITY_BYTES = 64 * 2 ** 20;
const layout = ringLayout(0, CAPACITY_BYTES);

interface Written {
  readonly position: number;
  readonly claimWord: number;
}

function createRing() {
  const memory = new SharedMemory(new SharedArrayBuffer(ringBytes(CAPACITY_BYTES)));
  const producer = new RingProducer(memory, layout);
  const consumer = new RingConsumer(memory, layout);
  const write = (): Written => {
    assert.ok(producer.reserve(producer.maxPayloadBytes));
    const written = { position: producer.position, claimWord: producer.word + RecordWord.CLAIM };
    memory.write(written.claimWord, ClaimState.QUEUED);
    producer.commit(makeTag(RecordKind.TASK, 0, 0), 1, producer.maxPayloadBytes);
    producer.publish();
    return written;
  };
  const claim = (): boolean => {
    assert.ok(consumer.refresh() && consumer.next());
    return claimRecord(memory, consumer.word);
  };
  return { producer, consumer, write, claim };
}

describe('claim and recall', () => {
  it('gives a record to whoever is first', () => {
    const { producer, write, claim } = createRing();
    const first = write();
    assert.ok(isQueued(producer, first.position, first.claimWord));
    assert.ok(claim());
    assert.equal(isQueued(producer, first.position, first.claimWord), false);
    assert.equal(recallRecord(producer, first.position, first.claimWord), false);
    const second = write();
    assert.ok(recallRecord(producer, second.position, second.claimWord));
    assert.equal(claim(), false);
  });

  it('never takes a record for one that was claimed gigabytes ago in the same place, and still runs', () => {
    const { producer, consumer, write, claim } = createRing();
    const old = write();
    assert.ok(claim());
    consumer.release();
    // Past 2 GiB the distance of two cursors changes its sign; past 4 GiB they are equal again.
    for (let gone = CAPACITY_BYTES / 8; gone < 4.5 * 2 ** 30; gone += CAPACITY_BYTES / 8) {
      const later = write();
      assert.equal(isQueued(producer, old.position, old.claimWord), false);
      assert.equal(recallRecord(producer, old.position, old.claimWord), false);
      assert.ok(isQueued(producer, later.position, later.claimWord));
      assert.ok(claim());
      consumer.release();
    }
  });
});
