import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, TerminatedError, TimeLimitExceeded, WorkerLostError } from '../../../core/kernel/errors.js';
import { createSeededRandom } from '../../../core/kernel/random.js';
import { silentLogger } from '../../../core/ports/logger.js';
import type { PoolJob } from '../../../core/ports/pool.js';
import { decodeEpilogue, isEpilogue } from '../../../core/task/epilogue.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { Intake } from '../../../core/worker/intake.js';
import { Settler } from '../../../core/worker/settler.js';
import { TaskLog } from '../../../core/worker/task-log.js';
import { FakeBackend } from '../../support/fake-backend.js';
import { FakePool } from '../../support/fake-pool.js';
import { intakeParts } from '../../support/intake-parts.js';
import { taskDelivery, type DeliveryParts } from '../../support/task-delivery.js';
import { outcomeOf, planOf, settingsOf } from '../../support/task-plan.js';
import { VirtualClock, turn } from '../../support/virtual-clock.js';

const lost = new WorkerLostError('the member is gone');
/** Fails for good when it is lost. */
const FINAL: TaskOptions = { rejectOnWorkerLost: false };

class Stage {
  readonly clock = new VirtualClock();
  readonly pool: FakePool;
  readonly intake: Intake;
  readonly errors: string[] = [];
  /** What the broker and the store were asked, in order. */
  readonly done: string[] = [];
  refusesPublishes = false;

  constructor(task: TaskOptions = FINAL, capacity = Infinity) {
    const { clock } = this;
    this.pool = new FakePool(capacity);
    const backend = new FakeBackend();
    backend.failure = (batch) => {
      for (const { state, document } of batch) this.done.push(`store ${state} ${Buffer.from(document).toString()}`);
      return null;
    };
    const settler = new Settler({
      publish: (messages) => {
        if (this.refusesPublishes) return Promise.reject(new ConfigError('no such exchange'));
        for (const { headers } of messages) this.done.push(`publish ${JSON.stringify(headers.table['id'])}`);
        return Promise.resolve();
      },
      settle: (batch) => {
        for (const { action, tag } of batch) this.done.push(`${action} ${String(tag)}`);
        return Promise.resolve(batch.map(() => 'settled' as const));
      },
      backend,
      clock,
      random: createSeededRandom(1),
      logger: silentLogger,
    });
    const logger = { ...silentLogger, error: (_fields: object, line: string) => this.errors.push(line) };
    this.intake = new Intake({
      ...intakeParts(settingsOf(), clock),
      log: new TaskLog(logger),
      pool: this.pool,
      settler,
      plans: new Map([['shop.add', planOf(task)]]),
      storeState: () => undefined,
    });
  }

  /** The oldest job of the pool. */
  get job(): PoolJob {
    const [job] = this.pool.jobs.keys();
    return job ?? assert.fail('the pool has no job');
  }

  receive(parts: DeliveryParts = {}): void {
    this.intake.receive([taskDelivery({ tag: 1, ...parts })]);
  }

  /** The task is received, started, and ended by the host; its epilogue is then with the pool. */
  async endWith(tell: (job: PoolJob) => void, parts: DeliveryParts = {}): Promise<void> {
    this.receive(parts);
    const { job } = this;
    this.pool.begin(job);
    this.pool.end(job, tell);
    await quiet();
  }

  async end(tell: (job: PoolJob) => void): Promise<void> {
    this.pool.end(this.job, tell);
    await quiet();
  }
}

/** What has ended is settled; no time passes. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

const tellsLoss = (job: PoolJob): void => {
  job.onLost(lost);
};
const tellsLimit = (job: PoolJob): void => {
  job.onTimeLimit(new TimeLimitExceeded(3));
};
const tellsStop = (job: PoolJob): void => {
  job.onTerminated(new TerminatedError('closing'), true);
};
const tellsHooks = (job: PoolJob): void => {
  job.onOutcome(OutcomeKind.FAILURE, outcomeOf({ document: '{"by":"member"}', successorIds: ['errback'] }));
};

for (const [how, tell, name] of [
  ['lost', tellsLoss, 'WorkerLostError'],
  ['over its hard limit', tellsLimit, 'TimeLimitExceeded'],
] as const) {
  test(`ACK-03, WORK-42 a task that is ${how} goes to another member: errbacks, result, acknowledgement`, async () => {
    const stage = new Stage();
    await stage.endWith(tell);
    assert.deepStrictEqual(stage.done, []);
    const { job } = stage;
    assert.equal(isEpilogue(job.head), true);
    assert.equal(decodeEpilogue(job.head).error.constructor.name, name);
    assert.equal(Buffer.from(job.body).toString(), Buffer.from(taskDelivery({ tag: 1 }).body).toString());
    assert.equal(job.timeLimitMs, 30_000);
    await stage.end(tellsHooks);
    assert.deepStrictEqual(stage.done, ['publish "errback"', 'store FAILURE {"by":"member"}', 'ack 1']);
    assert.deepStrictEqual([stage.intake.size, stage.pool.jobs.size], [0, 0]);
  });
}

test('ACK-04 a task that was acknowledged at its start has its epilogue too', async () => {
  const stage = new Stage({ acksLate: false });
  await stage.endWith(tellsLoss);
  assert.deepStrictEqual(stage.done, ['ack 1']);
  await stage.end(tellsHooks);
  assert.deepStrictEqual(stage.done, ['ack 1', 'publish "errback"', 'store FAILURE {"by":"member"}']);
});

test('what is delivered again has no epilogue: it has not failed', async () => {
  const stage = new Stage({ rejectOnWorkerLost: true });
  await stage.endWith(tellsLoss);
  assert.deepStrictEqual([stage.done, stage.pool.jobs.size], [['requeue 1'], 0]);
});

test('an epilogue is tried once: lost, over its limit or stopped, the task ends as the host had decided', async () => {
  const ends = [tellsLoss, tellsLimit, tellsStop];
  for (const tell of ends) {
    const stage = new Stage();
    await stage.endWith(tellsLoss);
    await stage.end(tell);
    assert.equal(stage.pool.jobs.size, 0);
    assert.match(stage.done[0] ?? '', /^store FAILURE .*the member is gone/);
    assert.deepStrictEqual(stage.done.slice(1), ['ack 1']);
    assert.match(stage.errors.join('\n'), /hooks and errbacks of its failure did not run/);
    assert.equal(stage.intake.size, 0);
  }
});

test('the last delivery under the cap: epilogue, then the dead letter', async () => {
  const stage = new Stage({ rejectOnWorkerLost: true });
  await stage.endWith(tellsLoss, { deliveryCount: 2 });
  assert.match(decodeEpilogue(stage.job.head).error.message, /delivery 3/);
  await stage.end(tellsHooks);
  assert.deepStrictEqual(stage.done, ['publish "errback"', 'store FAILURE {"by":"member"}', 'dead-letter 1']);
});

test('a message beyond the cap is told to its hooks once, and never when they may be what ends the process', async () => {
  const first = new Stage();
  first.receive({ deliveryCount: 3 });
  await quiet();
  assert.deepStrictEqual([isEpilogue(first.job.head), first.intake.size], [true, 1]);
  await first.end(tellsHooks);
  assert.deepStrictEqual(first.done, ['publish "errback"', 'store FAILURE {"by":"member"}', 'dead-letter 1']);
  assert.equal(first.intake.size, 0);
  const second = new Stage();
  second.receive({ deliveryCount: 4 });
  await quiet();
  assert.equal(second.pool.jobs.size, 0);
  assert.equal(second.done.at(-1), 'dead-letter 1');
});

test('RETRY-07 errbacks that cannot be published make a dead letter, by whomever they were published', async () => {
  const byHost = new Stage();
  byHost.refusesPublishes = true;
  await byHost.endWith(tellsLoss);
  await byHost.end(tellsHooks);
  const byMember = new Stage();
  await byMember.endWith(tellsLoss);
  await byMember.end((job) => {
    job.onOutcome(OutcomeKind.REJECTED, outcomeOf({ note: 'no such exchange' }));
  });
  for (const { done } of [byHost, byMember]) {
    assert.match(done[0] ?? '', /^store FAILURE .*no such exchange/);
    assert.deepStrictEqual(done.slice(1), ['dead-letter 1']);
  }
});

test('a full pool gets the epilogue as soon as it has room, before what waits', async () => {
  const stage = new Stage(FINAL, 1);
  stage.receive();
  stage.receive({ tag: 2 });
  const [first] = stage.pool.jobs.keys();
  assert.ok(first);
  stage.pool.end(first, tellsLoss);
  stage.intake.feed();
  await quiet();
  assert.equal(isEpilogue(stage.job.head), false);
  stage.receive({ tag: 3 });
  stage.pool.end(stage.job, tellsLimit);
  stage.intake.feed();
  assert.equal(isEpilogue(stage.job.head), true);
});

test('a shutdown waits for epilogues; what comes after the pool is closed ends without', async () => {
  const stage = new Stage();
  await stage.endWith(tellsLoss);
  stage.intake.handBackUnstarted();
  let isDrained = false;
  const drained = stage.intake.drained().then(() => (isDrained = true));
  await quiet();
  assert.equal(isDrained, false);
  await stage.end(tellsHooks);
  await drained;
  const closed = new Stage();
  closed.receive();
  closed.pool.capacity = 0;
  closed.pool.end(closed.job, tellsLoss);
  await quiet();
  closed.intake.endEpilogues();
  await quiet();
  assert.equal(closed.done.at(-1), 'ack 1');
  assert.equal(closed.intake.size, 0);
});

for (const [where, capacity] of [
  ['in the pool', Infinity],
  ['in front of the pool', 0],
] as const) {
  test(`a task whose hooks wait ${where} is settled without them when no member can be loaded any more`, async () => {
    const stage = new Stage();
    stage.receive();
    const [request] = stage.pool.jobs.keys();
    assert.ok(request);
    stage.pool.begin(request);
    stage.pool.isReady = false;
    stage.pool.capacity = capacity;
    stage.pool.end(request, tellsLoss);
    await stage.clock.advance(59_000);
    assert.deepStrictEqual([stage.done, stage.errors.length], [[], 1]);
    const [epilogue] = stage.pool.jobs.keys();
    await stage.clock.advance(1_000);
    await quiet();
    assert.match(stage.done[0] ?? '', /^store FAILURE .*the member is gone/);
    assert.deepStrictEqual(stage.done.slice(1), ['ack 1']);
    assert.match(
      stage.errors[1] ?? '',
      /^task shop\.add\[.+\]: hooks and errbacks of its failure were not run: no member could be loaded for 60 s$/,
    );
    assert.deepStrictEqual([stage.intake.size, stage.pool.jobs.size, stage.clock.timers], [0, 0, 0]);
    // A pool that tells of what it gave back all the same.
    if (epilogue !== undefined) tellsHooks(epilogue);
    await quiet();
    assert.deepStrictEqual([stage.done.length, stage.errors.length], [2, 2]);
  });
}

test('hooks wait for members that are busy as long as it takes, and for one that comes late', async () => {
  const stage = new Stage();
  await stage.endWith(tellsLoss);
  await stage.clock.advance(600_000);
  stage.pool.isReady = false;
  await stage.clock.advance(59_000);
  stage.pool.isReady = true;
  await stage.clock.advance(1_000);
  stage.pool.isReady = false;
  await stage.clock.advance(59_000);
  assert.deepStrictEqual([stage.done, stage.errors.length], [[], 1]);
  await stage.end(tellsHooks);
  assert.deepStrictEqual(stage.done, ['publish "errback"', 'store FAILURE {"by":"member"}', 'ack 1']);
  assert.equal(stage.clock.timers, 0);
});

test('hooks that a member runs while the pool is without another are left to their own limit', async () => {
  const stage = new Stage();
  await stage.endWith(tellsLoss);
  stage.pool.begin(stage.job);
  stage.pool.isReady = false;
  await stage.clock.advance(120_000);
  assert.equal(stage.done.length, 0);
  await stage.end(tellsHooks);
  assert.equal(stage.done.at(-1), 'ack 1');
});

test('a stop does not wait for hooks that nobody can run', async () => {
  const stage = new Stage();
  await stage.endWith(tellsLoss);
  stage.pool.isReady = false;
  stage.intake.handBackUnstarted();
  let isDrained = false;
  void stage.intake.drained().then(() => (isDrained = true));
  await stage.clock.advance(60_000);
  assert.equal(isDrained, true);
  assert.equal(stage.intake.size, 0);
});
