/** A real pool whose host dozes without end: what somebody waits for must not depend on the timer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, type Clock } from '../../../../core/kernel/clock.js';
import { LanePool } from '../../../../pools/thread/lane-pool.js';
import type { ScriptedData } from '../../../support/members/scripted.js';
import { submit, TestHandlers, TestJob } from '../../../support/pool-job.js';

const programUrl = new URL('../../../support/members/scripted.js', import.meta.url).href;
const START_MS = 10_000;
/** Longest doze (run-time.ts). */
const MAX_REST_MS = 2;
/** Of the recheck, and of the watch over stalls, which would take jobs away from behind the run that waits for a mark. */
const LOOKS_MS: readonly number[] = [50, 8];

const DOZED = 0;
const HEARD = 1;

describe('a LanePool whose dozes never end by themselves', { timeout: 60_000 }, () => {
  it('hears of a call at once while its members compute, and of every outcome', async () => {
    const marks = new Int32Array(new SharedArrayBuffer(8));
    const clock: Clock = {
      ...systemClock,
      after: (delayMs, fire, options) => {
        const isDoze = delayMs <= MAX_REST_MS;
        if (!isDoze && !LOOKS_MS.includes(delayMs)) return systemClock.after(delayMs, fire, options);
        if (isDoze) Atomics.store(marks, DOZED, 1);
        return { cancel: () => undefined };
      },
    };
    const handlers = new TestHandlers();
    const { onRoom, onMemberLost, onOutput } = handlers;
    const pool = new LanePool(
      // Two slots: a member goes on computing while a run of it awaits the reply.
      { programUrl, size: 2, asyncPerMember: 2, laneDepth: 300, clock, data: { marks } satisfies ScriptedData },
      {
        onRoom,
        onMemberLost,
        onOutput,
        onCall: (call) => {
          handlers.onCall(call);
          Atomics.store(marks, HEARD, 1);
        },
      },
    );
    await pool.start(START_MS);
    const jobs: TestJob[] = [];
    const give = (head: string, count: number, body = ''): void => {
      for (let i = 0; i < count; i++) jobs.push(new TestJob(head, { body: Buffer.from(body) }));
    };
    give('spin:0.2', 200);
    give(`spin-until-and-call:${String(DOZED)}`, 1, 'now');
    // No member waits, and so announces anything, before the call was heard.
    give(`spin-until:${String(HEARD)}`, 40);
    for (const job of jobs) assert.ok(pool.submit(job));
    const texts = await Promise.all(
      jobs.map(async ({ end }) => {
        const ended = await end;
        return ended.type === 'outcome' ? ended.text : ended.type;
      }),
    );
    assert.deepEqual(
      [...new Set(texts)].sort(),
      ['NOW', 'seen', 'spun'],
      'a run was told of the call before it had computed for ten seconds',
    );
    assert.equal(Atomics.load(marks, DOZED), 1, 'it has dozed');
    const last = await submit(pool, handlers, new TestJob('who'));
    assert.equal((await last.end).type, 'outcome');
    await pool.close(START_MS);
  });
});
