/** The shipped ring, claim and bell code in every order of its memory accesses up to a number of preemptions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import { claimRecord, recallRecord } from '../../../../pools/ring/claim.js';
import { Doorbell, ParkedWord } from '../../../../pools/ring/doorbell.js';
import { ringBytes, ringLayout } from '../../../../pools/ring/layout.js';
import { ClaimState, RecordKind, RecordWord, makeTag } from '../../../../pools/ring/record.js';
import { RingConsumer } from '../../../../pools/ring/ring-consumer.js';
import { RingProducer } from '../../../../pools/ring/ring-producer.js';
import {
  exploreAll,
  exploreRandom,
  type Program,
  type Scenario,
  type ThreadContext,
} from '../../../support/interleaving.js';

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

function bellTo(context: ThreadContext, thread: number): Doorbell {
  return new Doorbell(context.memory, PARKED_WORD, {
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

describe('G7 parking and bells, interleaved', () => {
  const RECORDS = 3;
  type Sleep = (ring: RingConsumer, parked: ParkedWord, context: ThreadContext) => void;
  const scenario = (sleep: Sleep): Scenario => ({
    words: WORDS,
    prepare: startAt(0),
    make: () => {
      const result = { seen: [] as number[] };
      const host: Program = (context) => {
        const ring = new RingProducer(context.memory, layout);
        const bell = bellTo(context, MEMBER);
        for (let ticket = 1; ticket <= RECORDS; ticket++) {
          writeTask(context.memory, ring, ticket);
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
});

describe('claim and recall, interleaved', () => {
  /** The host fills the ring, writes one record more if there is room by then, and recalls the first. */
  const scenario = (recall: typeof recallRecord): Scenario => ({
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
            if (claimRecord(memory, ring.word)) result.run.push(ring.field(RecordWord.TICKET));
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
});
