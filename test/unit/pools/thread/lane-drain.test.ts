import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { NO_TICKET, RecordKind, makeTag } from '../../../../pools/ring/record.js';
import { AbortReason } from '../../../../pools/ring/status-block.js';
import type { InFlightEntry } from '../../../../pools/thread/in-flight.js';
import { drainLane } from '../../../../pools/thread/lane-drain.js';
import { DEFAULT_LANE_SIZES } from '../../../../pools/thread/lane-layout.js';
import { Outbox } from '../../../../pools/thread/member/outbox.js';
import { reckon } from '../../../../pools/thread/reckoning.js';
import { LonelyMember } from '../../../support/lonely-member.js';
import { TestJob } from '../../../support/pool-job.js';

const NO_BYTES = new Uint8Array(0);
const noCalls = (): void => undefined;

function createMember(test: TestContext): LonelyMember {
  const member = new LonelyMember({ ...DEFAULT_LANE_SIZES, slotCount: 1 });
  test.after(() => {
    member.close();
  });
  return member;
}

function startJob(member: LonelyMember): InFlightEntry {
  const entry = member.lane.writeTask(new TestJob(''));
  assert.ok(entry !== null && member.claimNext());
  member.lane.status.beginRun(entry.ticket, 0);
  return entry;
}

describe('the draining of a lane', () => {
  it('takes back the request to stop a run that has ended, since its ticket will come again', (test) => {
    const member = createMember(test);
    const { lane } = member;
    const entry = startJob(member);
    const { ticket } = entry;
    entry.abortSlot = 0;
    lane.status.requestAbort(0, ticket, AbortReason.SOFT_LIMIT);
    assert.equal(lane.status.abortReason(0, ticket), AbortReason.SOFT_LIMIT);
    new Outbox(member.inside).outcome(ticket, 0, NO_BYTES, 0, 0);
    assert.equal(drainLane(member, noCalls), 1);
    assert.equal(lane.status.abortReason(0, ticket), AbortReason.NONE);
  });

  it('notes that a quarter of the ring of outcomes was filled at once, and when that is over', (test) => {
    const member = createMember(test);
    const { lane } = member;
    const outbox = new Outbox(member.inside);
    const outcome = (bytes: number): void => {
      const entry = startJob(member);
      outbox.outcome(entry.ticket, 0, Buffer.alloc(bytes), 0, bytes);
    };
    const quarterBytes = lane.sizes.outcomesBytes / 4;
    for (let n = 0; n < 3; n++) outcome(Math.ceil(quarterBytes / 3));
    drainLane(member, noCalls);
    assert.equal(lane.isCrowded, true);
    outcome(10);
    drainLane(member, noCalls);
    assert.equal(lane.isCrowded, false);
  });

  it('leaves alone the request that the next run of the slot has got meanwhile', (test) => {
    const member = createMember(test);
    const { lane } = member;
    const first = startJob(member);
    first.abortSlot = 0;
    lane.status.requestAbort(0, first.ticket, AbortReason.SOFT_LIMIT);
    new Outbox(member.inside).outcome(first.ticket, 0, NO_BYTES, 0, 0);
    const second = startJob(member);
    lane.status.requestAbort(0, second.ticket, AbortReason.CANCELLED);
    drainLane(member, noCalls);
    assert.equal(lane.status.abortReason(0, second.ticket), AbortReason.CANCELLED);
  });

  it('G6 trusts no claim word after a record that cannot be: nothing of the lane is run again', (test) => {
    const member = createMember(test);
    const { lane } = member;
    const running = startJob(member).job;
    const queued = lane.writeTask(new TestJob(''))?.job;
    const { outcomes } = member.inside;
    assert.ok(outcomes.reserve(0));
    outcomes.commit(makeTag(RecordKind.OUTCOME, 0, 0), NO_TICKET + 7, 0);
    outcomes.publish();
    assert.equal(drainLane(member, noCalls), null);
    assert.ok(lane.isPoisoned);
    assert.equal(drainLane(member, noCalls), null);
    const { again, cutShort } = reckon(lane);
    assert.deepEqual(again, []);
    assert.deepEqual(
      cutShort.map(({ job }) => job),
      [running, queued],
    );
  });

  it('skips what user code has posted to the port of large payloads', (test) => {
    const member = createMember(test);
    const { ticket } = startJob(member);
    for (const noise of [null, 'words', [1, 'no buffer']]) member.lane.memberPorts.bulk.postMessage(noise);
    const large = new Uint8Array(100_000);
    new Outbox(member.inside).outcome(ticket, 0, large, 0, large.length);
    assert.equal(drainLane(member, noCalls), 1);
    assert.equal(member.lane.endedCount, 1);
  });
});
