/** Real lanes without threads: a member claims when the test says so. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { Dispatcher, type FedMember } from '../../../../pools/thread/dispatcher.js';
import { drainLane } from '../../../../pools/thread/lane-drain.js';
import { DEFAULT_LANE_SIZES } from '../../../../pools/thread/lane-layout.js';
import { TestJob } from '../../../support/pool-job.js';
import { LonelyMember } from '../../../support/lonely-member.js';

const members: LonelyMember[] = [];

interface Options {
  readonly maxTasks?: number;
  readonly slotCount?: number;
  readonly laneDepth?: number;
  readonly maxRetainedBytes?: number;
}

function createDispatcher(size: number, options: Options = {}) {
  const dispatcher = new Dispatcher({
    maxTasksPerMember: options.maxTasks ?? Infinity,
    laneDepth: options.laneDepth ?? null,
    maxRetainedBytes: options.maxRetainedBytes ?? Infinity,
  });
  const sizes = { ...DEFAULT_LANE_SIZES, slotCount: options.slotCount ?? 1 };
  const fed = Array.from({ length: size }, () => new LonelyMember(sizes));
  members.push(...fed);
  dispatcher.setMembers(fed);
  return { dispatcher, fed };
}

function giveMany(dispatcher: Dispatcher, count: number): readonly TestJob[] {
  const jobs = Array.from({ length: count }, (_, i) => new TestJob(String(i)));
  return jobs.filter((job) => dispatcher.give(job));
}

function held({ lane }: FedMember): readonly string[] {
  const heads: string[] = [];
  for (let entry = lane.inFlight.first; entry !== null; entry = entry.next) heads.push(entry.job?.head ?? '');
  return heads;
}

describe('the dispatcher of a pool', () => {
  afterEach(() => {
    for (const member of members.splice(0)) member.close();
  });

  it('gives each job to the member with the least to do', () => {
    const { dispatcher, fed } = createDispatcher(2);
    giveMany(dispatcher, 4);
    assert.deepEqual(fed.map(held), [
      ['0', '2'],
      ['1', '3'],
    ]);
    assert.deepEqual(
      fed.map(({ assignedCount }) => assignedCount),
      [2, 2],
    );
  });

  it('fills lanes deep while runs are short, and gives one job at a time when they are long', () => {
    const { dispatcher } = createDispatcher(1);
    assert.equal(giveMany(dispatcher, 2_000).length, 64);
    const short = createDispatcher(1);
    short.dispatcher.learn(1_000, 1_000);
    assert.equal(giveMany(short.dispatcher, 2_000).length, 1_024);
    const long = createDispatcher(1);
    long.dispatcher.learn(1, 50_000);
    assert.equal(giveMany(long.dispatcher, 2_000).length, 1);
    assert.equal(long.dispatcher.hasRoom, false);
  });

  it('counts the runs that a member holds at once on top of its depth', () => {
    const { dispatcher } = createDispatcher(1, { slotCount: 5 });
    dispatcher.learn(1, 50_000);
    assert.equal(giveMany(dispatcher, 100).length, 5);
  });

  it('gives a member no more than it may ever have, and gets back the count of what it recalls', () => {
    const { dispatcher, fed } = createDispatcher(1, { maxTasks: 3 });
    assert.equal(giveMany(dispatcher, 10).length, 3);
    const [member] = fed as [LonelyMember];
    member.claimNext();
    assert.equal(dispatcher.takeBack(member).length, 2);
    assert.equal(giveMany(dispatcher, 10).length, 2);
  });

  it('tries another lane when the ring of the least busy one is full', () => {
    const sizes = { ...DEFAULT_LANE_SIZES, tasksBytes: 1024, slotCount: 1 };
    const { dispatcher } = createDispatcher(0);
    const fed = [new LonelyMember(sizes), new LonelyMember({ ...sizes, tasksBytes: 256 * 1024 })];
    members.push(...fed);
    dispatcher.setMembers(fed);
    const body = Buffer.alloc(90);
    const jobs = Array.from({ length: 30 }, () => new TestJob('', { body }));
    assert.ok(jobs.every((job) => dispatcher.give(job)));
    assert.equal((fed[0]?.lane.inFlight.size ?? 0) + (fed[1]?.lane.inFlight.size ?? 0), 30);
    assert.ok((fed[0]?.lane.inFlight.size ?? 0) <= 8);
  });

  it('recalls from the newest on, up to what is claimed, and answers in order', () => {
    const { dispatcher, fed } = createDispatcher(1);
    giveMany(dispatcher, 5);
    const [member] = fed as [LonelyMember];
    member.claimNext();
    assert.deepEqual(
      dispatcher.takeBack(member, 2).map(({ head }) => head),
      ['3', '4'],
    );
    assert.deepEqual(
      dispatcher.takeBack(member).map(({ head }) => head),
      ['1', '2'],
    );
    assert.deepEqual(held(member), ['0']);
  });

  it('gives what came back before anything new', () => {
    const { dispatcher, fed } = createDispatcher(1);
    dispatcher.setMembers([]);
    const [second, first] = [new TestJob('second'), new TestJob('first')];
    dispatcher.putBack([second]);
    dispatcher.putBack([first]);
    dispatcher.setMembers(fed);
    assert.equal(dispatcher.give(new TestJob('new')), false);
    assert.equal(dispatcher.hasRoom, false);
    assert.equal(dispatcher.giveWaiting(), true);
    assert.equal(dispatcher.giveWaiting(), false);
    assert.ok(dispatcher.give(new TestJob('new')));
    assert.deepEqual(fed.map(held), [['first', 'second', 'new']]);
  });

  it('hands out a waiting job that is withdrawn, and all that wait', () => {
    const { dispatcher } = createDispatcher(0);
    const jobs = [new TestJob('0'), new TestJob('1'), new TestJob('2')];
    dispatcher.putBack(jobs);
    assert.ok(dispatcher.withdraw(jobs[1] as TestJob));
    assert.equal(dispatcher.withdraw(jobs[1] as TestJob), false);
    assert.deepEqual(dispatcher.takeWaiting(), [jobs[0], jobs[2]]);
    assert.deepEqual(dispatcher.takeWaiting(), []);
  });

  it('moves half of what is unclaimed to a member that has nothing', () => {
    const { dispatcher, fed } = createDispatcher(2);
    const [busy, idle] = fed as [LonelyMember, LonelyMember];
    dispatcher.setMembers([busy]);
    giveMany(dispatcher, 9);
    busy.claimNext();
    dispatcher.setMembers(fed);
    assert.equal(dispatcher.balance(), true);
    assert.deepEqual(held(idle), ['5', '6', '7', '8']);
    assert.equal(dispatcher.balance(), false);
  });

  it('looks past a member whose jobs all run for one that has jobs to move', () => {
    const { dispatcher, fed } = createDispatcher(3, { slotCount: 4 });
    const [running, queueing, idle] = fed as [LonelyMember, LonelyMember, LonelyMember];
    dispatcher.setMembers([running]);
    giveMany(dispatcher, 4);
    for (let i = 0; i < 4; i++) running.claimNext();
    dispatcher.setMembers([queueing]);
    giveMany(dispatcher, 3);
    queueing.claimNext();
    dispatcher.setMembers(fed);
    assert.equal(dispatcher.balance(), true);
    assert.deepEqual(held(idle), ['2']);
  });

  it('takes back what waits behind a run that goes on and on, before anything else runs', () => {
    const { dispatcher, fed } = createDispatcher(2, { laneDepth: 8 });
    const [stuck, other] = fed as [LonelyMember, LonelyMember];
    giveMany(dispatcher, 8);
    for (const member of fed) member.claimNext();
    assert.equal(dispatcher.relieve(), true, 'it looks again as long as something waits');
    other.endRun();
    assert.equal(dispatcher.relieve(), true);
    assert.deepEqual(held(stuck), ['0']);
    assert.equal(dispatcher.hasRoom, false, 'what came back goes first');
    assert.equal(dispatcher.give(new TestJob('new')), false);
    while (held(other).length > 0) {
      drainLane(other, () => undefined);
      if (!other.endRun()) other.claimNext();
    }
    dispatcher.giveWaiting();
    assert.deepEqual(held(other), ['2', '4', '6']);
    assert.deepEqual(held(stuck), ['0'], 'it gets nothing more before it moves');
    stuck.endRun();
    drainLane(stuck, () => undefined);
    assert.ok(dispatcher.give(new TestJob('new')));
    assert.deepEqual(held(stuck), ['new']);
  });

  it('leaves lanes alone whose members get on, sleep, or have nobody to take over', () => {
    const { dispatcher, fed } = createDispatcher(2);
    giveMany(dispatcher, 8);
    assert.equal(dispatcher.relieve(), false, 'nobody has begun: the bells are on their way');
    assert.equal(dispatcher.relieve(), false);
    for (let i = 0; i < 3; i++) {
      for (const member of fed) member.claimNext();
      dispatcher.relieve();
      for (const member of fed) member.endRun();
    }
    assert.deepEqual(
      fed.map((member) => held(member).length),
      [4, 4],
    );
    const alone = createDispatcher(1);
    giveMany(alone.dispatcher, 3);
    alone.fed[0]?.claimNext();
    for (let i = 0; i < 3; i++) assert.equal(alone.dispatcher.relieve(), false);
    assert.equal(held(alone.fed[0] as LonelyMember).length, 3);
  });

  it('fills lanes flat after a stall, and deep again soon, whatever a single run takes', () => {
    const { dispatcher, fed } = createDispatcher(2);
    for (let i = 0; i < 10; i++) dispatcher.learn(100, 1_000);
    assert.equal(dispatcher.depth, 800);
    dispatcher.learn(1, 50_000);
    assert.ok(dispatcher.depth > 64, `one run of 50 ms among a thousand: ${String(dispatcher.depth)}`);
    giveMany(dispatcher, 8);
    fed[0]?.claimNext();
    for (let i = 0; i < 2; i++) dispatcher.relieve();
    assert.equal(dispatcher.depth, 1);
    for (let i = 0; i < 12; i++) dispatcher.learn(100, 1_000);
    assert.ok(dispatcher.depth > 500, String(dispatcher.depth));
  });

  it('has a second job ready behind runs of up to 30 ms, and none behind longer ones', () => {
    for (const [runMs, depth] of [
      [1, 8],
      [10, 2],
      [30, 2],
      [31, 1],
    ] as const) {
      const { dispatcher } = createDispatcher(1);
      dispatcher.learn(10, 10 * runMs * 1_000);
      assert.equal(dispatcher.depth, depth, `${String(runMs)} ms`);
    }
  });

  it('lets outcomes lie for a third of the work before each lane, 2 ms at most', () => {
    const restOf = (runUs: number, jobs: number, slotCount = 1): number => {
      const { dispatcher } = createDispatcher(2, { slotCount });
      dispatcher.learn(10, 10 * runUs);
      giveMany(dispatcher, jobs);
      return dispatcher.restMs;
    };
    assert.equal(restOf(1_000, 16), 2);
    assert.equal(restOf(1_000, 8), 1, 'three wait before each lane');
    assert.equal(restOf(1_000, 6), 0, 'less than a millisecond, which no timer can do');
    assert.equal(restOf(100, 160), 2);
    assert.equal(restOf(1_000, 2), 0, 'nothing waits');
    assert.equal(restOf(1_000, 0), 0, 'nothing is in flight');
    assert.equal(restOf(3_000, 8), 0, 'a rest in which no run ends');
    assert.equal(restOf(0.5, 2_000), 0, 'half a millisecond of work');
    assert.equal(restOf(1_000, 16, 100), 0, 'each has a slot');
  });

  it('lets them lie although one member has nothing behind its run, and not where their ring fills up', () => {
    const { dispatcher, fed } = createDispatcher(2);
    dispatcher.learn(10, 10_000);
    giveMany(dispatcher, 16);
    const [first] = fed;
    assert.ok(first);
    dispatcher.takeBack(first, 7);
    assert.equal(first.lane.inFlight.size, 1);
    assert.equal(dispatcher.restMs, 2);
    first.lane.isCrowded = true;
    assert.equal(dispatcher.restMs, 0);
  });

  it('has the more patience with a run the longer the usual one takes', () => {
    for (const [runMs, patienceMs] of [
      [0.01, 8],
      [5, 8],
      [10, 15],
      [30, 45],
      [1_000, 45],
    ] as const) {
      const { dispatcher } = createDispatcher(1);
      dispatcher.learn(10, 10 * runMs * 1_000);
      assert.equal(dispatcher.patienceMs, patienceMs, `${String(runMs)} ms`);
    }
  });

  it('tells whether a job may wait behind another', () => {
    const { dispatcher } = createDispatcher(2);
    giveMany(dispatcher, 2);
    assert.equal(dispatcher.hasQueue, false);
    giveMany(dispatcher, 1);
    assert.equal(dispatcher.hasQueue, true);
  });

  it('keeps a depth that it is told', () => {
    const { dispatcher } = createDispatcher(1, { laneDepth: 7 });
    dispatcher.learn(1_000, 10);
    assert.equal(giveMany(dispatcher, 100).length, 7);
  });

  it('holds a bounded number of bytes out of band, and one that is larger alone', () => {
    const { dispatcher, fed } = createDispatcher(2, { maxRetainedBytes: 100_000 });
    const big = (bytes: number): TestJob => new TestJob('', { body: Buffer.alloc(bytes) });
    assert.ok(dispatcher.give(big(60_000)));
    assert.equal(dispatcher.give(big(60_000)), false);
    assert.ok(dispatcher.give(big(40_000)));
    assert.ok(dispatcher.give(big(100)), 'what fits a ring is not counted');
    for (const member of fed) dispatcher.takeBack(member);
    assert.ok(dispatcher.give(big(1_000_000)));
  });

  it('gives what was given away only to a member that starts it at once, and never takes it back', () => {
    const { dispatcher, fed } = createDispatcher(1);
    const [member] = fed as [LonelyMember];
    const { port1, port2 } = new MessageChannel();
    const job = new TestJob('parcel', { parcel: port2 });
    giveMany(dispatcher, 1);
    assert.equal(dispatcher.give(job), false);
    dispatcher.takeBack(member);
    assert.ok(dispatcher.give(job));
    assert.deepEqual(dispatcher.takeBack(member), []);
    assert.deepEqual(held(member), ['parcel']);
    port1.close();
  });
});
