/**
 * G14: under a flood of short jobs the host has its turns, a batch is bounded, and no member starves. Batches are counted
 * and not timed, since the machine may be busy; how late a heartbeat was is printed.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PoolJob } from '../../core/ports/pool.js';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;
const JOBS = 60_000;
const MEMBERS = 2;
const HEARTBEAT_MS = 10;
/** Most jobs that lanes hold: a batch cannot be longer, and takes some milliseconds. */
const MOST_A_BATCH = MEMBERS * 2_048;
/** A median of that is no matter of how busy the machine is. */
const LATE_MS = 50;

function shortJob(onEnd: () => void): PoolJob {
  return {
    head: 'echo',
    body: new Uint8Array(0),
    timeLimitMs: null,
    softTimeLimitMs: null,
    wantsAccepted: false,
    onAccepted: () => undefined,
    onOutcome: onEnd,
    onLost: onEnd,
    onTimeLimit: onEnd,
    onTerminated: onEnd,
  };
}

it('G14 heartbeats, recalls and every member have their turns under a flood', { timeout: 60_000 }, async () => {
  const room = new TestHandlers();
  const pool = new LanePool({ programUrl, size: MEMBERS }, room);
  await pool.start(20_000);
  let ended = 0;
  let onAllEnded: () => void = () => undefined;
  const allEnded = new Promise<void>((resolve) => (onAllEnded = resolve));
  const end = (): void => {
    if (++ended === JOBS) onAllEnded();
  };
  let latest: PoolJob | null = null;
  let endedBefore = 0;
  let longestBatch = 0;
  const latenessMs: number[] = [];
  let recalls = 0;
  let dueMs = performance.now() + HEARTBEAT_MS;
  const heartbeat = setInterval(() => {
    latenessMs.push(performance.now() - dueMs);
    dueMs = performance.now() + HEARTBEAT_MS;
    // What a revoke does: it reaches the job at the end of the line at once.
    if (latest === null || !pool.recall(latest)) return;
    recalls++;
    end();
  }, HEARTBEAT_MS);
  const countBatch = (): void => {
    longestBatch = Math.max(longestBatch, ended - endedBefore);
    endedBefore = ended;
    if (ended < JOBS) setImmediate(countBatch);
  };
  setImmediate(countBatch);
  for (let i = 0; i < JOBS; i++) {
    const job = shortJob(end);
    while (!pool.submit(job)) await room.room();
    latest = job;
  }
  await allEnded;
  clearInterval(heartbeat);
  const completed = pool.snapshot().members.map((member) => member.completed);
  const sorted = latenessMs.toSorted((a, b) => a - b);
  const [median = 0, worst = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log(`heartbeat late by ${median.toFixed(1)} ms (median), ${worst.toFixed(1)} ms (worst)`);
  console.log(
    `longest batch ${String(longestBatch)}, ${String(recalls)} recalls, completed ${completed.join(' and ')}`,
  );
  assert.ok(longestBatch > 0 && longestBatch <= MOST_A_BATCH);
  assert.ok(recalls > 0 && median < LATE_MS);
  for (const count of completed) assert.ok(count > JOBS / 10);
  const last = await submit(pool, room, new TestJob('echo'));
  assert.equal((await last.end).type, 'outcome');
  await pool.close(5_000);
});
