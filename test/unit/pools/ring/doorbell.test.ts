import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Doorbell, ParkedWord } from '../../../../pools/ring/doorbell.js';
import { SharedMemory } from '../../../../pools/ring/memory.js';
import { STATUS_BYTES, StatusBlock } from '../../../../pools/ring/status-block.js';

function createBell() {
  const memory = new SharedMemory(new SharedArrayBuffer(64));
  let bells = 0;
  const doorbell = new Doorbell(memory, 0, { postMessage: () => bells++ });
  return { doorbell, parked: new ParkedWord(memory, 0), count: () => bells };
}

describe('a doorbell', () => {
  it('rings for a sleeper, once for each time that it has parked', () => {
    const { doorbell, parked, count } = createBell();
    doorbell.ring();
    assert.equal(count(), 0);
    parked.park();
    doorbell.ring();
    doorbell.ring();
    assert.equal(count(), 1);
    parked.park();
    doorbell.ring();
    assert.equal(count(), 2);
  });

  it('does not ring for who has thought better of it', () => {
    const { doorbell, parked, count } = createBell();
    parked.park();
    parked.unpark();
    doorbell.ring();
    assert.equal(count(), 0);
  });

  it('rings for who dozes only when it cannot wait, once', () => {
    const { doorbell, parked, count } = createBell();
    parked.doze();
    doorbell.ring();
    assert.equal(count(), 0);
    doorbell.ringNow();
    doorbell.ringNow();
    assert.equal(count(), 1);
    parked.park();
    doorbell.ringNow();
    assert.equal(count(), 2);
    doorbell.ring();
    assert.equal(count(), 2);
  });

  it('rings anyway when it is told to', () => {
    const { doorbell, count } = createBell();
    doorbell.ringAnyway();
    assert.equal(count(), 1);
  });
});

it('a member says in its status block that a run of it was interrupted', () => {
  const status = new StatusBlock(new SharedMemory(new SharedArrayBuffer(STATUS_BYTES)), 0);
  assert.equal(status.wasInterrupted, false);
  status.wasInterrupted = true;
  assert.equal(status.wasInterrupted, true);
  status.wasInterrupted = false;
  assert.equal(status.wasInterrupted, false);
});
