import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Guard } from '../../../../../pools/guard.js';
import { LINE_WORDS } from '../../../../../pools/ring/layout.js';
import { SharedMemory } from '../../../../../pools/ring/memory.js';
import { ABORT_LOG, AbortReason, STATUS_BYTES, StatusBlock } from '../../../../../pools/ring/status-block.js';
import { makeTicket, slotOfTicket } from '../../../../../pools/ring/ticket.js';
import { AwaitedRuns } from '../../../../../pools/thread/member/awaited-runs.js';
import { RunningJob } from '../../../../../pools/thread/member/running-job.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

/** Lets the other side look before the last of so many stores. */
class InterleavedMemory extends SharedMemory {
  storesUntilLook = Infinity;
  look: () => void = () => undefined;

  override store(word: number, value: number): void {
    if (--this.storesUntilLook === 0) this.look();
    super.store(word, value);
  }
}

function createRuns(count: number) {
  const memory = new InterleavedMemory(new SharedArrayBuffer(STATUS_BYTES));
  const status = new StatusBlock(memory, 0);
  const runs = new AwaitedRuns(status);
  const guard = new Guard(new VirtualClock(), { strike: () => undefined, broken: () => undefined });
  const bodySource = Buffer.alloc(0);
  const jobs = Array.from({ length: count }, (_, slot) => {
    const limits = { softTimeLimitMs: 0, graceMs: 0, startedMs: 0 };
    const fields = { head: '', ...limits, bodySource, bodyStart: 0, bodyEnd: 0, isInRing: false };
    return new RunningJob({ status, guard }, { ...fields, ticket: makeTicket(1, slot) });
  });
  let told = 0;
  for (const job of jobs) {
    job.signal.addEventListener('abort', () => told++);
    runs.add(job);
  }
  const abort = ({ ticket }: RunningJob): void => {
    status.requestAbort(slotOfTicket(ticket), ticket, AbortReason.CANCELLED);
  };
  return { memory, status, runs, jobs, abort, told: () => told };
}

describe('the awaited runs of a member', () => {
  it('tell those that were asked to stop, once, and nobody else', () => {
    const { runs, jobs, abort, told } = createRuns(10);
    const asked = jobs.slice(3, 6);
    for (const job of asked) abort(job);
    assert.equal(told(), 0);
    runs.followAborts();
    assert.equal(told(), asked.length);
    runs.followAborts();
    assert.equal(told(), asked.length);
  });

  it('tell nobody who has ended', () => {
    const { runs, jobs, abort, told } = createRuns(2);
    const [first, second] = jobs as [RunningJob, RunningJob];
    for (const job of jobs) abort(job);
    runs.delete(first);
    runs.followAborts();
    assert.deepEqual([told(), runs.size, second.signal.aborted], [1, 1, true]);
  });

  it('tell all that were asked when there were more requests than the log holds', () => {
    const { runs, jobs, abort, told } = createRuns(ABORT_LOG + 100);
    for (const job of jobs) abort(job);
    runs.followAborts();
    assert.equal(told(), jobs.length);
  });

  it('tell the oldest one, too, whose place in the log is being written again', () => {
    const { memory, runs, jobs, abort, told } = createRuns(ABORT_LOG + 1);
    for (const job of jobs.slice(0, ABORT_LOG)) abort(job);
    // A request stores reason, ticket, place in the log, count.
    memory.storesUntilLook = 4;
    memory.look = () => {
      runs.followAborts();
    };
    abort(jobs[ABORT_LOG] as RunningJob);
    runs.followAborts();
    assert.equal(told(), jobs.length);
  });

  it('are all looked at when the count of requests cannot be, and not one by one', () => {
    const { runs, jobs, abort, memory, status, told } = createRuns(3);
    abort(jobs[1] as RunningJob);
    runs.followAborts();
    // The host's line is the third; its third word is the count. Two thousand million requests would take half a minute.
    const countWord = status.hostParkedWord + LINE_WORDS + 2;
    memory.store(countWord, (status.abortCount - 2) | 0);
    const startMs = performance.now();
    runs.followAborts();
    assert.ok(performance.now() - startMs < 1_000);
    assert.equal(told(), 1);
  });

  it('take no slot while they wait for other jobs, however often, and none that has ended', () => {
    const { runs, jobs } = createRuns(3);
    const [first, second] = jobs as [RunningJob, RunningJob];
    let lent = 0;
    runs.onLent = () => lent++;
    for (const job of [first, first, second]) runs.lend(job);
    assert.deepEqual([runs.takenSlots, lent], [1, 2]);
    runs.takeBack(first);
    assert.equal(runs.takenSlots, 1);
    runs.takeBack(first);
    assert.equal(runs.takenSlots, 2);
    runs.delete(second);
    runs.takeBack(second);
    assert.deepEqual([runs.takenSlots, runs.size], [2, 2]);
  });
});
