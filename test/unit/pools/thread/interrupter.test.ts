/** What ends a run early, and whom it spares: in virtual time, with the status words of a real lane. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InFlightEntry } from '../../../../pools/thread/in-flight.js';
import { Interrupter } from '../../../../pools/thread/interrupter.js';
import { Lane } from '../../../../pools/thread/lane.js';
import { DEFAULT_LANE_SIZES } from '../../../../pools/thread/lane-layout.js';
import { TestJob } from '../../../support/pool-job.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

function createInterrupter() {
  const clock = new VirtualClock();
  const lane = new Lane({ ...DEFAULT_LANE_SIZES, slotCount: 1 });
  const told: string[] = [];
  const bench = { clock, lane, told, drain: (): void => undefined };
  const interrupter = new Interrupter(clock, {
    drain: () => {
      bench.drain();
    },
    retire: (_member, cause) => told.push(`retire ${cause}`),
    terminate: (_member, cause) => told.push(`terminate ${cause}`),
    onAbandoned: (_member, _job, verdict) => told.push(`abandoned ${verdict}`),
  });
  const add = (): InFlightEntry => lane.writeTask(new TestJob('')) as InFlightEntry;
  return { ...bench, bench, interrupter, add, member: { lane, state: 'ready' as const } };
}

describe('the interrupter', () => {
  it('spares a member that was about to begin the run and is done with it at the next look', async () => {
    const { clock, lane, told, bench, interrupter, add, member } = createInterrupter();
    const entry = add();
    let looks = 0;
    bench.drain = () => {
      if (++looks === 2) lane.inFlight.remove(entry);
    };
    interrupter.end(member, entry, 'terminated');
    await clock.advance(10);
    assert.deepEqual([looks, told], [2, []]);
    lane.close();
  });

  it('ends a member that shows no sign of the run that it has claimed', async () => {
    const { clock, lane, told, interrupter, add, member } = createInterrupter();
    interrupter.end(member, add(), 'time-limit');
    await clock.advance(100);
    assert.deepEqual(told, ['terminate time-limit']);
    lane.close();
  });

  it('keeps the first verdict of a run whose member is being ended', () => {
    const { lane, told, interrupter, add, member } = createInterrupter();
    const entry = add();
    lane.status.beginRun(entry.ticket, 0);
    interrupter.end(member, entry, 'time-limit');
    interrupter.end(member, entry, 'terminated');
    assert.equal(entry.verdict, 'time-limit');
    assert.deepEqual(told, ['terminate time-limit']);
    lane.close();
  });

  it('gives up a promise once', () => {
    const { lane, told, interrupter, add, member } = createInterrupter();
    const entry = add();
    lane.status.beginRun(entry.ticket, 0);
    lane.status.awaitRun(entry.ticket);
    interrupter.end(member, entry, 'terminated');
    interrupter.end(member, entry, 'time-limit');
    assert.deepEqual(told, ['retire abandoned-run', 'abandoned terminated']);
    lane.close();
  });
});
