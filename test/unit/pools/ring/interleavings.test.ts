/** The shipped ring, claim and bell code in every order of its memory accesses up to a number of preemptions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import { claimRecord, recallRecord } from '../../../../pools/ring/claim.js';
import { Doorbell, ParkedWord } from '../../../../pools/ring/doorbell.js';
import { ringBytes, ringLayout, type RingLayout } from '../../../../pools/ring/layout.js';
import { ClaimState, RecordKind, RecordWord, makeTag } from '../../../../pools/ring/record.js';
import type { RingMemory } from '../../../../pools/ring/memory.js';
import { RingConsumer } from '../../../../pools/ring/ring-consumer.js';
import { RingProducer } from '../../../../pools/ring/ring-producer.js';
import {
  exploreAll,
  exploreRandom,
  type Program,
  type Scenario,
  type ThreadContext,
} from '../../../support/interleaving.js';
import { EagerMemory, HastyMemory, TornMemory } from '../../../support/planted-memory.js';

/** The smallest ring: eight records without payload. */
const layout = ringLayout(0, 256);
const PARKED_WORD = ringBytes(256) / 4;
const WORDS = PARKED_WORD + 1;
const TAG = makeTag(RecordKind.TASK, 0, 0);

const HOST = 0;
const MEMBER = 1;

function writeTask(memory: ThreadContext['memory'], ring: RingProducer, ticket: number): boolean {
  if (!ring.reserve(0)) return false;
  memory.write(ring.word + RecordWord.CLAIM, ClaimState.QUEUED);
  ring.commit(TAG, ticket, 0);
  return true;
}

function bellTo(context: ThreadContext, memory: RingMemory, thread: number): Doorbell {
  return new Doorbell(memory, PARKED_WORD, {
    postMessage: () => {
      context.postBell(thread);
    },
  });
}

/** Starts the cursors near the wrap of 2³² and of the ring. */
function startAt(position: number): (words: Int32Array) => void {
  return (words) => {
    words[layout.tailWord] = position;
    words[layout.headWord] = position;
  };
}

function assertPrefix(seen: readonly number[]): void {
  assert.deepEqual(
    seen,
    seen.map((_, i) => i + 1),
  );
}

describe('ring and consumer, interleaved', () => {
  const produce =
    (count: number): Program =>
    ({ memory }) => {
      const ring = new RingProducer(memory, layout);
      for (let ticket = 1; ticket <= count; ticket++) {
        writeTask(memory, ring, ticket);
        ring.publish();
      }
    };
  const scenario = (killable: number | null): Scenario => ({
    words: WORDS,
    prepare: startAt(-64),
    ...(killable === null ? {} : { killable }),
    make: () => {
      const result = { seen: [] as number[], isPoisoned: false };
      const consume: Program = ({ memory }) => {
        result.seen = [];
        const ring = new RingConsumer(memory, layout);
        for (let look = 0; look < 3; look++) {
          ring.refresh();
          while (ring.next()) result.seen.push(ring.field(RecordWord.TICKET));
          ring.release();
        }
        result.isPoisoned = ring.isPoisoned;
      };
      return {
        programs: [produce(3), consume],
        check: () => {
          assert.equal(result.isPoisoned, false);
          assertPrefix(result.seen);
        },
      };
    },
  });

  it('G1 G3 reads whole records in order, whatever the order of accesses', () => {
    assert.ok(exploreAll(scenario(null), 3) > 1_000);
  });

  it('G2 leaves whole records or nothing when the producer is killed at any access', () => {
    assert.ok(exploreAll(scenario(HOST), 2) > 1_000);
  });
});

describe('a ring that is full, wraps and pads, interleaved', () => {
  /** Two records of the larger size. */
  const tight: RingLayout = { tailWord: 0, headWord: 1, dataByte: 8, capacityBytes: 128, maxRecordBytes: 64 };
  const PAYLOAD_BYTES = [32, 0, 32, 32] as const;
  const TRIES = 3;

  const scenario = (killable: number | null, plant: (memory: RingMemory) => RingMemory): Scenario => ({
    words: 2 + tight.capacityBytes / 4,
    // The first record meets the end of the ring, and its cursor that of 2³².
    prepare: (words) => {
      words[tight.tailWord] = -32;
      words[tight.headWord] = -32;
    },
    ...(killable === null ? {} : { killable }),
    make: () => {
      const result = { seen: [] as number[], isPoisoned: false, isTorn: false };
      const produce: Program = (context) => {
        const memory = plant(context.memory);
        const ring = new RingProducer(memory, tight);
        for (const [i, payloadBytes] of PAYLOAD_BYTES.entries()) {
          let isReserved = ring.reserve(payloadBytes);
          for (let tries = 1; !isReserved && tries < TRIES; tries++) isReserved = ring.reserve(payloadBytes);
          if (!isReserved) return;
          if (payloadBytes > 0) {
            memory.write(ring.payloadByte / 4, i + 1);
            memory.write((ring.payloadByte + payloadBytes) / 4 - 1, i + 1);
          }
          ring.commit(TAG, i + 1, payloadBytes);
          ring.publish();
        }
      };
      const consume: Program = ({ memory }) => {
        Object.assign(result, { seen: [], isTorn: false });
        const ring = new RingConsumer(memory, tight);
        for (let look = 0; look < 4; look++) {
          ring.refresh();
          while (ring.next()) {
            const ticket = ring.field(RecordWord.TICKET);
            const first = ring.payloadByte / 4;
            const last = (ring.payloadByte + ring.payloadBytes) / 4 - 1;
            if (ring.payloadBytes > 0) result.isTorn ||= memory.read(first) !== ticket || memory.read(last) !== ticket;
            result.seen.push(ticket);
          }
          ring.release();
        }
        result.isPoisoned = ring.isPoisoned;
      };
      return {
        programs: [produce, consume],
        check: () => {
          assert.equal(result.isPoisoned, false, 'the ring is poisoned');
          assert.equal(result.isTorn, false, 'a record is torn');
          assertPrefix(result.seen);
        },
      };
    },
  });
  const sound = (memory: RingMemory): RingMemory => memory;

  it('G1 G4 G5 overwrites nothing that is unread and shows no record in part', () => {
    assert.ok(exploreAll(scenario(null, sound), 3) > 1_000);
    exploreRandom(scenario(null, sound), createSeededRandom(5), 500);
  });

  it('G2 leaves whole records or nothing when the producer stops for ever at any access', () => {
    assert.ok(exploreAll(scenario(HOST, sound), 2) > 1_000);
  });

  it('would be caught committing before the bytes', () => {
    const eager = (memory: RingMemory): RingMemory => new EagerMemory(memory, tight.tailWord);
    assert.throws(() => exploreAll(scenario(null, eager), 2), /poisoned|torn/);
    assert.throws(() => exploreAll(scenario(HOST, eager), 0), /poisoned|torn/);
  });
});

describe('G7 parking and bells, interleaved', () => {
  const RECORDS = 3;
  type Sleep = (ring: RingConsumer, parked: ParkedWord, context: ThreadContext) => void;
  const sound = (memory: RingMemory): RingMemory => memory;
  const scenario = (sleep: Sleep, plant = sound): Scenario => ({
    words: WORDS,
    prepare: startAt(0),
    make: () => {
      const result = { seen: [] as number[] };
      const host: Program = (context) => {
        const memory = plant(context.memory);
        const ring = new RingProducer(memory, layout);
        const bell = bellTo(context, memory, MEMBER);
        for (let ticket = 1; ticket <= RECORDS; ticket++) {
          writeTask(memory, ring, ticket);
          ring.publish();
          bell.ring();
        }
      };
      const member: Program = (context) => {
        result.seen = [];
        const ring = new RingConsumer(context.memory, layout);
        const parked = new ParkedWord(context.memory, PARKED_WORD);
        while (result.seen.length < RECORDS) {
          ring.refresh();
          while (ring.next()) result.seen.push(ring.field(RecordWord.TICKET));
          ring.release();
          if (result.seen.length < RECORDS) sleep(ring, parked, context);
        }
      };
      return {
        programs: [host, member],
        check: ({ isDeadlocked }) => {
          assert.ok(!isDeadlocked, 'a wake-up was lost');
          assertPrefix(result.seen);
          assert.equal(result.seen.length, RECORDS);
        },
      };
    },
  });
  const rightly: Sleep = (ring, parked, context) => {
    parked.park();
    if (ring.refresh()) parked.unpark();
    else context.waitForBell();
  };

  it('never loses a wake-up', () => {
    assert.ok(exploreAll(scenario(rightly), 3) > 1_000);
    exploreRandom(scenario(rightly), createSeededRandom(7), 2_000);
  });

  it('would be caught losing one: a sleeper that does not look again after parking', () => {
    const wrongly: Sleep = (_ring, parked, context) => {
      parked.park();
      context.waitForBell();
    };
    assert.throws(() => exploreAll(scenario(wrongly), 3), /a wake-up was lost/);
  });

  it('would be caught losing one: a publisher that looks for a sleeper before it publishes', () => {
    const hasty = (memory: RingMemory): RingMemory =>
      new HastyMemory(memory, { tail: layout.tailWord, parked: PARKED_WORD });
    assert.throws(() => exploreAll(scenario(rightly, hasty), 3), /a wake-up was lost/);
  });
});

describe('claim and recall, interleaved', () => {
  /** The host fills the ring, writes one record more if there is room by then, and recalls the first. */
  const sound = (memory: RingMemory): RingMemory => memory;
  const scenario = (recall: typeof recallRecord, plant = sound): Scenario => ({
    words: WORDS,
    prepare: startAt(-32),
    make: () => {
      const result = { run: [] as number[], recalled: false, ninth: false };
      const host: Program = ({ memory }) => {
        const ring = new RingProducer(memory, layout);
        ring.reserve(0);
        const position = ring.position;
        const claimWord = ring.word + RecordWord.CLAIM;
        for (let ticket = 1; ticket <= 8; ticket++) writeTask(memory, ring, ticket);
        ring.publish();
        result.ninth = writeTask(memory, ring, 9);
        ring.publish();
        result.recalled = recall(ring, position, claimWord);
      };
      const member: Program = ({ memory }) => {
        result.run = [];
        const ring = new RingConsumer(memory, layout);
        for (let look = 0; look < 3; look++) {
          ring.refresh();
          while (ring.next()) {
            if (claimRecord(plant(memory), ring.word)) result.run.push(ring.field(RecordWord.TICKET));
            ring.release();
          }
        }
      };
      return {
        programs: [host, member],
        check: ({ words }) => {
          assert.ok(!(result.recalled && result.run.includes(1)), 'run although it was recalled');
          const claimOfNinth = words[(layout.dataByte + 224) / 4 + RecordWord.CLAIM];
          assert.ok(!(result.ninth && claimOfNinth === ClaimState.RECALLED), 'a later record was recalled');
        },
      };
    },
  });

  it('gives each record to exactly one side, and never touches a later record in the same place', () => {
    assert.ok(exploreAll(scenario(recallRecord), 3) > 1_000);
  });

  it('would be caught recalling a later record: a recall that does not look at the head', () => {
    const wrongly: typeof recallRecord = (ring, _position, word) =>
      ring.memory.compareExchange(word, ClaimState.QUEUED, ClaimState.RECALLED) === ClaimState.QUEUED;
    assert.throws(() => exploreAll(scenario(wrongly), 2), /recalled/);
  });

  it('would be caught claiming without compare-and-swap', () => {
    const torn = (memory: RingMemory): RingMemory => new TornMemory(memory);
    assert.throws(() => exploreAll(scenario(recallRecord, torn), 2), /run although it was recalled/);
  });
});
