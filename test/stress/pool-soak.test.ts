/** G16: members come and go for long, and neither memory nor handles grow. CELERIAC_FULL=1 runs 10,000. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';
import { turn } from '../support/virtual-clock.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;
const RESPAWNS = process.env['CELERIAC_FULL'] === '1' ? 10_000 : 300;
/** Arenas of threads reach their size late: one way of ending alone grew by 75 MiB over 400 respawns and by none after. */
const WARM_UP = RESPAWNS / 3;
/** Shared buffers are counted to the byte after a collection: four lanes of 0.8 MiB may be on their way out. */
const MOST_BUFFER_MIB = 4;
/** The allocator keeps memory of ended threads: up to 43 MiB more were seen from 100 to 300 respawns, 1 less at 900. */
const MOST_RSS_MIB = 60;
/** Members end by exit, by an error outside of a task, by a hard limit, by being terminated, and as not needed. */
const ENDS = ['exit:1', 'throw-outside', 'loop', 'hold', 'shrink'] as const;

type End = (typeof ENDS)[number];

const LARGE_ROUNDS = process.env['CELERIAC_FULL'] === '1' ? 10_000 : 100;
const LARGE_JOBS = 10;
const LARGE_BYTES = 100_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function usage() {
  // Twice: what the finalizers of the first have let go is collected by the second.
  for (let i = 0; i < 2; i++) {
    collectGarbage();
    await turn();
  }
  const { rss, arrayBuffers } = process.memoryUsage();
  return { rssMib: rss / 2 ** 20, bufferMib: arrayBuffers / 2 ** 20, handles: process.getActiveResourcesInfo().length };
}

async function endMember(pool: LanePool, handlers: TestHandlers, end: End): Promise<void> {
  // More than an eighth of a ring, so that each lane has carried a buffer of its own (G11).
  const body = Buffer.alloc(100_000);
  await (
    await submit(pool, handlers, new TestJob('echo', { body }))
  ).end;
  if (end === 'shrink') {
    pool.resize(2);
    pool.resize(1);
    // Threads that pile up would be measured, not what they leave behind.
    while (pool.snapshot().members.length > 1) await turn();
    return;
  }
  const job = await submit(pool, handlers, new TestJob(end, end === 'loop' ? { timeLimitMs: 5 } : {}));
  if (end === 'hold') {
    await job.accepted;
    pool.cancel(job, { terminate: true });
  }
  assert.notEqual((await job.end).type, 'outcome');
}

it('G16 memory and handles stay flat over many respawns', { timeout: 3_600_000 }, async () => {
  const handlers = new TestHandlers();
  const pool = new LanePool({ programUrl, size: 1 }, handlers);
  await pool.start(10_000);
  let early = await usage();
  for (let i = 0; i < RESPAWNS; i++) {
    if (i === WARM_UP) early = await usage();
    await endMember(pool, handlers, ENDS[i % ENDS.length] as End);
    handlers.lost.length = 0;
  }
  const late = await usage();
  console.log(`after ${String(WARM_UP)} respawns`, early, `after ${String(RESPAWNS)}`, late);
  assert.ok(late.bufferMib - early.bufferMib < MOST_BUFFER_MIB);
  assert.ok(late.rssMib - early.rssMib < MOST_RSS_MIB);
  // Those of members that are on their way out.
  assert.ok(late.handles <= early.handles + 4);
  await pool.close(10_000);
  assert.deepEqual(pool.snapshot().members, []);
});

it('G11 buffers of large payloads go with their jobs, however those end', { timeout: 600_000 }, async () => {
  const handlers = new TestHandlers();
  // Each body is larger than an eighth of the ring, and a lane holds several.
  const ringSizes = { tasksBytes: 4096, outcomesBytes: 4096 };
  const pool = new LanePool({ programUrl, size: 1, ringSizes }, handlers);
  await pool.start(10_000);
  let early = await usage();
  for (let round = 0; round < LARGE_ROUNDS; round++) {
    if (round === LARGE_ROUNDS / 4) early = await usage();
    const bodies = Array.from({ length: LARGE_JOBS }, (_, i) => Buffer.alloc(LARGE_BYTES, i + 1));
    // Every other round the first job stands still until its member is ended, with buffers behind it.
    const isKilled = round % 2 === 0;
    const [first, ...others] = bodies.map((body, i) => new TestJob(i === 0 && isKilled ? 'hold' : 'echo', { body }));
    for (const job of [first, ...others]) await submit(pool, handlers, job as TestJob);
    // In its order among others, and its own bytes.
    const recalled = others.filter((job, i) => i % 3 === 2 && pool.recall(job));
    if (isKilled) {
      await first?.accepted;
      pool.cancel(first as TestJob, { terminate: true });
    }
    const ends = await Promise.all(others.filter((job) => !recalled.includes(job)).map((job) => job.end));
    await (first as TestJob).end;
    for (const end of ends) assert.ok(end.type === 'outcome' && end.payload.length === LARGE_BYTES);
  }
  const late = await usage();
  console.log(`after ${String(LARGE_ROUNDS / 4)} rounds`, early, `after ${String(LARGE_ROUNDS)}`, late);
  assert.ok(late.bufferMib - early.bufferMib < MOST_BUFFER_MIB);
  await pool.close(10_000);
});
