/** A ring without threads: producer and consumer take turns, so that what is timed is the code and no cache miss. */
import { InvariantError } from '../../../core/kernel/errors.js';
import { claimRecord } from '../../../pools/ring/claim.js';
import { ringBytes, ringLayout } from '../../../pools/ring/layout.js';
import { SharedMemory } from '../../../pools/ring/memory.js';
import { copyBytes } from '../../../pools/ring/payload.js';
import { ClaimState, RecordKind, RecordWord, makeTag } from '../../../pools/ring/record.js';
import { RingConsumer } from '../../../pools/ring/ring-consumer.js';
import { RingProducer } from '../../../pools/ring/ring-producer.js';
import type { MicroCase } from '../micro-case.js';

const CAPACITY_BYTES = 2 ** 18;
const TAG = makeTag(RecordKind.TASK, 0, 0);

/** Writes a batch with one publication, reads it with one release. */
function ringCase(batch: number, payloadBytes: number, claims: boolean): MicroCase {
  const memory = new SharedMemory(new SharedArrayBuffer(ringBytes(CAPACITY_BYTES)));
  const layout = ringLayout(0, CAPACITY_BYTES);
  const producer = new RingProducer(memory, layout);
  const consumer = new RingConsumer(memory, layout);
  const payload = Buffer.alloc(payloadBytes, 7);
  let written = 0;
  let read = 0;
  const write = (): void => {
    if (!producer.reserve(payloadBytes)) throw new InvariantError('the ring is full');
    copyBytes(payload, 0, payloadBytes, memory.bytes, producer.payloadByte);
    memory.write(producer.word + RecordWord.CLAIM, ClaimState.QUEUED);
    producer.commit(TAG, 1, payloadBytes);
    written++;
  };
  return {
    name: `ring: ${batch} × ${payloadBytes} B written and read${claims ? ', claimed' : ''}`,
    run: () => {
      for (let i = 0; i < batch; i++) write();
      producer.publish();
      consumer.refresh();
      while (consumer.next()) {
        if (consumer.payloadBytes === payloadBytes && (!claims || claimRecord(memory, consumer.word))) read++;
      }
      consumer.release();
    },
    check: () => {
      if (read === 0 || read !== written) throw new InvariantError(`${read} of ${written} records were read`);
    },
  };
}

export function createRingCases(): readonly MicroCase[] {
  return [
    ringCase(1, 16, false),
    ringCase(64, 16, false),
    ringCase(64, 16, true),
    ringCase(64, 1_024, false),
    ringCase(4, 16_384, false),
  ];
}
