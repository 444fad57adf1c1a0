import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedMemory } from '../../../../pools/ring/memory.js';
import { ABORT_LOG, AbortReason, STATUS_BYTES, SlotPhase, StatusBlock } from '../../../../pools/ring/status-block.js';
import { SLOT_COUNT, makeTicket, slotOfTicket } from '../../../../pools/ring/ticket.js';

function createStatus(): StatusBlock {
  return new StatusBlock(new SharedMemory(new SharedArrayBuffer(STATUS_BYTES)), 0);
}

describe('the status block of a lane', () => {
  it('names the slot of a run by its ticket: on the stack, awaited, and not once it has ended', () => {
    const status = createStatus();
    const ticket = makeTicket(3, 12_345);
    const slot = slotOfTicket(ticket);
    const look = (): unknown => [status.slotOf(ticket), status.phase(slot), status.isComputing];
    assert.deepEqual(look(), [null, SlotPhase.IDLE, false]);
    status.beginRun(ticket, 77);
    assert.deepEqual(look(), [slot, SlotPhase.SYNC, true]);
    status.awaitRun(ticket);
    assert.deepEqual(look(), [slot, SlotPhase.ASYNC, false]);
    assert.equal(status.startedMs(slot), 77);
    assert.equal(status.slotOf(makeTicket(4, slot)), null);
    status.endAwaitedRun(ticket);
    assert.deepEqual(look(), [null, SlotPhase.IDLE, false]);
  });

  it('shows another run on the stack while thousands are awaited, and keeps the start of each', () => {
    const status = createStatus();
    const tickets = Array.from({ length: SLOT_COUNT - 1 }, (_, slot) => makeTicket(1, slot));
    for (const [at, ticket] of tickets.entries()) {
      status.beginRun(ticket, at);
      status.awaitRun(ticket);
    }
    const last = makeTicket(1, SLOT_COUNT - 1);
    status.beginRun(last, -5);
    assert.deepEqual([status.phase(SLOT_COUNT - 1), status.startedMs(SLOT_COUNT - 1)], [SlotPhase.SYNC, -5]);
    assert.ok(tickets.every((ticket, at) => status.slotOf(ticket) === at && status.startedMs(at) === at));
    assert.ok(tickets.every((_, at) => status.phase(at) === SlotPhase.ASYNC));
    status.endRun();
    assert.deepEqual([status.slotOf(last), status.isComputing], [null, false]);
  });

  it('numbers the requests to stop, and names the last of them', () => {
    const status = createStatus();
    for (let request = 0; request < ABORT_LOG + 3; request++) {
      const ticket = makeTicket(1, request);
      status.requestAbort(request, ticket, AbortReason.CANCELLED);
      assert.equal(status.abortedTicket(request), ticket);
    }
    assert.equal(status.abortCount, ABORT_LOG + 3);
    assert.equal(status.abortedTicket(0), makeTicket(1, ABORT_LOG));
    assert.equal(status.abortReason(5, makeTicket(1, 5)), AbortReason.CANCELLED);
    status.clearAbort(5, makeTicket(2, 5));
    assert.equal(status.abortReason(5, makeTicket(1, 5)), AbortReason.CANCELLED);
    status.clearAbort(5, makeTicket(1, 5));
    assert.equal(status.abortReason(5, makeTicket(1, 5)), AbortReason.NONE);
  });
});
