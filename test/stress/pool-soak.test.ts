/** G16: members come and go for long, and neither memory nor handles grow. CELERIAC_FULL=1 runs ten times as many. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';
import { turn } from '../support/virtual-clock.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;
const RESPAWNS = process.env['CELERIAC_FULL'] === '1' ? 3_000 : 300;
/** Arenas of threads reach their size late: one way of ending alone grew by 75 MiB over 400 respawns and by none after. */
const WARM_UP = RESPAWNS / 3;
/** Shared buffers are counted to the byte after a collection: four lanes of 0.8 MiB may be on their way out. */
const MOST_BUFFER_MIB = 4;
/** The allocator keeps memory of ended threads: 15–17 MiB more were seen from 100 to 300 respawns. */
const MOST_RSS_MIB = 40;
/** Members end by exit, by an error outside of a task, by a hard limit, by being terminated, and as not needed. */
const ENDS = ['exit:1', 'throw-outside', 'loop', 'hold', 'shrink'] as const;

type End = (typeof ENDS)[number];

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

it('G16 memory and handles stay flat over many respawns', { timeout: 600_000 }, async () => {
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
