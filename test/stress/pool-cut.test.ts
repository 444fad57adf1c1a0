/**
 * T14, G2, G10: a member that stops at each single access to its shared memory while it writes an outcome, and at each
 * failpoint around it. What it had committed is told, what it had not is lost, and nothing in between is ever seen.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../support/pool-job.js';
import { turn } from '../support/virtual-clock.js';

const cutUrl = new URL('../support/members/cut.js', import.meta.url).href;
const scriptedUrl = new URL('../support/members/scripted.js', import.meta.url).href;
/** A record with its neighbours fills the ring, so that the writes meet its end and its padding. */
const ringSizes = { tasksBytes: 2048, outcomesBytes: 512 };
/** An outcome, its bell and the stamps after it take 14 accesses. */
const ACCESSES = 18;
const BODY_BYTES = 24;

async function openPool(handlers: TestHandlers, data: Int32Array | null = null): Promise<LanePool> {
  const pool = new LanePool({ programUrl: cutUrl, data, size: 1, ringSizes }, handlers);
  await pool.start(20_000);
  return pool;
}

/** The end of a job that stops its member at an access; those behind it run elsewhere or end with it. */
async function exitAt(pool: LanePool, handlers: TestHandlers, access: number): Promise<JobEnd> {
  const body = Buffer.alloc(BODY_BYTES, access);
  const job = await submit(pool, handlers, new TestJob(`exit:${String(access)}`, { body }));
  const behind = Array.from({ length: 2 }, () => new TestJob('echo', { body }));
  for (const each of behind) await submit(pool, handlers, each);
  const ends = await Promise.all([job, ...behind].map((each) => each.end));
  for (const end of ends) {
    // The member may have claimed one of them before it stopped: only an end without an outcome is right then.
    if (end.type === 'outcome') assert.ok(end.payload.equals(body));
    else assert.equal(end.type, 'lost');
  }
  for (const each of [job, ...behind]) assert.equal(each.endCount, 1);
  return ends[0] as JobEnd;
}

async function hangAt(access: number): Promise<JobEnd> {
  const handlers = new TestHandlers();
  const marks = new Int32Array(new SharedArrayBuffer(4));
  const pool = await openPool(handlers, marks);
  const body = Buffer.alloc(BODY_BYTES, access);
  const job = await submit(pool, handlers, new TestJob(`hang:${String(access)}`, { body }));
  while (Atomics.load(marks, 0) === 0) await turn();
  // It may stop after its outcome, which is told then.
  pool.cancel(job, { terminate: true });
  const end = await job.end;
  if (end.type === 'outcome') assert.ok(end.payload.equals(body));
  await pool.close(0);
  assert.equal(job.endCount, 1);
  return end;
}

/** Before the store of the tail nothing is told, from there on always. */
function assertOneBoundary(ends: readonly JobEnd[]): void {
  const isTold = ends.map(({ type }) => type === 'outcome');
  const committedAt = isTold.indexOf(true);
  assert.ok(committedAt > 0, isTold.join());
  const expected = isTold.map((_, i) => i >= committedAt);
  assert.deepEqual(isTold, expected);
}

describe('a member that stops at any access of a ring write', { timeout: 120_000 }, () => {
  it('leaves the whole outcome or nothing when it exits there', async () => {
    const handlers = new TestHandlers();
    const pool = await openPool(handlers);
    const ends: JobEnd[] = [];
    for (let access = 1; access <= ACCESSES; access++) ends.push(await exitAt(pool, handlers, access));
    await pool.close(5_000);
    assertOneBoundary(ends);
  });

  it('leaves the whole outcome or nothing when it stops for ever there and is terminated', async () => {
    const ends: JobEnd[] = [];
    for (let access = 1; access <= ACCESSES; access++) ends.push(await hangAt(access));
    assertOneBoundary(ends);
  });
});

describe('a member that dies at a failpoint of its ring', { timeout: 60_000 }, () => {
  const JOBS = 12;
  const endsAt = async (point: string): Promise<readonly string[]> => {
    const handlers = new TestHandlers();
    const env = { ...process.env, CELERIAC_FAILPOINT: `${point}:exit:#3` };
    const pool = new LanePool({ programUrl: scriptedUrl, size: 1, env, ringSizes }, handlers);
    await pool.start(20_000);
    const ends: string[] = [];
    for (let i = 0; i < JOBS; i++) {
      const body = Buffer.alloc(BODY_BYTES, i + 1);
      const job = await submit(pool, handlers, new TestJob('echo', { body }));
      const end = await job.end;
      if (end.type === 'outcome') assert.ok(end.payload.equals(body));
      ends.push(end.type);
    }
    await pool.close(5_000);
    return ends;
  };

  it('has lost what it had not committed: room was reserved only', async () => {
    const ends = await endsAt('ringReserved');
    assert.equal(ends.filter((end) => end === 'lost').length, JOBS / 3);
  });

  it('has lost nothing that it had committed, though it rang no bell', async () => {
    const ends = await endsAt('ringCommitted');
    assert.deepEqual(new Set(ends), new Set(['outcome']));
  });

  it('has lost what it had claimed and not run', async () => {
    const ends = await endsAt('afterRecordBeforeRun');
    assert.equal(ends.filter((end) => end === 'lost').length, JOBS / 3);
  });
});
