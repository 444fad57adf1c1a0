/**
 * A guarded run is interrupted wherever it is, in our own code too (pools/guard.ts). The outbox is stopped at every access
 * to memory and every message that it makes, one after the other, and must lose and double nothing that it had taken.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Doorbell, ParkedWord } from '../../../../../pools/ring/doorbell.js';
import { SharedMemory, type RingMemory } from '../../../../../pools/ring/memory.js';
import { RecordWord } from '../../../../../pools/ring/record.js';
import { RingConsumer } from '../../../../../pools/ring/ring-consumer.js';
import { RingProducer } from '../../../../../pools/ring/ring-producer.js';
import { StatusBlock } from '../../../../../pools/ring/status-block.js';
import { laneLayout } from '../../../../../pools/thread/lane-layout.js';
import type { MemberLane } from '../../../../../pools/thread/member/member-lane.js';
import { Outbox } from '../../../../../pools/thread/member/outbox.js';

class Interrupted extends Error {}

/** The real memory, until so many accesses are made. */
class InterruptedMemory implements RingMemory {
  readonly bytes: Buffer;
  accessesLeft = Infinity;
  readonly #memory: SharedMemory;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.bytes = memory.bytes;
  }

  access(): void {
    if (this.accessesLeft-- <= 0) throw new Interrupted();
  }

  load(word: number): number {
    this.access();
    return this.#memory.load(word);
  }

  store(word: number, value: number): void {
    this.access();
    this.#memory.store(word, value);
  }

  compareExchange(word: number, expected: number, value: number): number {
    this.access();
    return this.#memory.compareExchange(word, expected, value);
  }

  read(word: number): number {
    this.access();
    return this.#memory.read(word);
  }

  write(word: number, value: number): void {
    this.access();
    this.#memory.write(word, value);
  }
}

const BIG = Buffer.alloc(600, 'b');

function createLane() {
  const sizes = { tasksBytes: 1024, repliesBytes: 1024, outcomesBytes: 1024, callsBytes: 1024 };
  const layout = laneLayout({ ...sizes, slotCount: 1, canRecall: true });
  const shared = new SharedMemory(new SharedArrayBuffer(layout.totalBytes));
  const memory = new InterruptedMemory(shared);
  const status = new StatusBlock(memory, layout.statusByte);
  let bells = 0;
  let posted = 0;
  const bell = {
    postMessage: (): void => {
      memory.access();
      bells++;
    },
  };
  const lane = {
    memory,
    status,
    outcomes: new RingProducer(memory, layout.outcomes),
    calls: new RingProducer(memory, layout.calls),
    doorbell: new Doorbell(memory, status.hostParkedWord, bell),
    bulkSender: {
      send: (): number => {
        memory.access();
        return ++posted;
      },
    },
  };
  const host = new RingConsumer(shared, layout.calls);
  const parked = new ParkedWord(shared, status.hostParkedWord);
  parked.park();
  const seen: number[] = [];
  /** The host reads what is there; answers the ids of the calls so far. */
  const drain = (): readonly number[] => {
    if (host.refresh()) while (host.next()) seen.push(host.field(RecordWord.HEAD_BYTES));
    host.release();
    return seen;
  };
  return { outbox: new Outbox(lane as unknown as MemberLane), memory, host, drain, bells: () => bells };
}

/** Runs the steps with an interrupt after `accesses`; answers how many have returned, null when none was left out. */
function interruptedAt(lane: ReturnType<typeof createLane>, accesses: number, steps: (() => void)[]): number | null {
  lane.memory.accessesLeft = accesses;
  let returned = 0;
  try {
    for (const step of steps) {
      step();
      returned++;
    }
    return null;
  } catch (error) {
    assert.ok(error instanceof Interrupted);
    return returned;
  } finally {
    lane.memory.accessesLeft = Infinity;
  }
}

describe('an outbox that is interrupted', () => {
  it('has sent every call that returned, in order and once, and the one in the middle at most once', () => {
    let stops = 0;
    for (let accesses = 0; ; accesses++) {
      const lane = createLane();
      const { outbox, drain, host, bells } = lane;
      const payloads = [Buffer.from('one'), BIG, Buffer.alloc(90), Buffer.from('four'), Buffer.alloc(100)];
      const steps = payloads.map((payload, index) => () => {
        outbox.call(index + 1, 7, payload, 0);
      });
      const returned = interruptedAt(lane, accesses, steps);
      if (returned === null) break;
      stops++;
      outbox.recover();
      assert.ok(bells() > 0, `interrupt ${String(accesses)}: the host is awake`);
      outbox.call(99, 7, Buffer.from('after'), 0);
      const whole = steps.map((_step, index) => index + 1);
      const ids = drain();
      const isWithStruck = ids.length === returned + 2;
      assert.deepEqual(ids, [...whole.slice(0, isWithStruck ? returned + 1 : returned), 99], String(accesses));
      assert.equal(host.isPoisoned, false);
    }
    assert.ok(stops > 40, String(stops));
  });

  it('sends what it had held for want of room once, in order', () => {
    let stops = 0;
    for (let accesses = 0; ; accesses++) {
      const lane = createLane();
      const { outbox, drain, host } = lane;
      for (let id = 1; id <= 20; id++) outbox.call(id, 7, id % 5 === 0 ? BIG : Buffer.alloc(80), 0);
      assert.equal(outbox.isBlocked, true);
      drain();
      const returned = interruptedAt(lane, accesses, [() => void outbox.flush()]);
      outbox.recover();
      for (let rounds = 0; rounds < 20; rounds++) {
        drain();
        outbox.flush();
      }
      const all = Array.from({ length: 20 }, (_, index) => index + 1);
      assert.deepEqual(drain(), all, String(accesses));
      outbox.call(99, 7, Buffer.from('after'), 0);
      assert.deepEqual(drain(), [...all, 99], String(accesses));
      assert.equal(host.isPoisoned, false);
      if (returned === null) break;
      stops++;
    }
    assert.ok(stops > 30, String(stops));
  });
});
