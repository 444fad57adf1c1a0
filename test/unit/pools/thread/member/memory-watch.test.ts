/** Memory as a member sees it: what it stamps, and when it says that it holds too much. Runs on this thread's heap. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedMemory } from '../../../../../pools/ring/memory.js';
import { STATUS_BYTES, StatusBlock } from '../../../../../pools/ring/status-block.js';
import type { MemoryLimits } from '../../../../../pools/thread/messages.js';
import { MemoryWatch } from '../../../../../pools/thread/member/memory-watch.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

const LIMIT_KIB = 8 * 1_024;

/** A clock on which a collection takes some time. */
class CollectingClock extends VirtualClock {
  collectingMs = 0;
  #passedMs = 0;

  override nowMonoMs(): number {
    this.#passedMs += this.collectingMs;
    return super.nowMonoMs() + this.#passedMs;
  }
}

function createWatch(limits: MemoryLimits) {
  const status = new StatusBlock(new SharedMemory(new SharedArrayBuffer(STATUS_BYTES)), 0);
  const clock = new CollectingClock();
  const grown: { readonly memoryKib: number; readonly baselineKib: number }[] = [];
  const watch = new MemoryWatch({
    status,
    limits,
    clock,
    onGrown: (memoryKib, baselineKib) => grown.push({ memoryKib, baselineKib }),
  });
  // The loop turns before the program has loaded.
  watch.look(-10_000);
  watch.begin();
  return { status, grown, watch, clock };
}

function makeGarbage(): number {
  return Array.from({ length: 600_000 }, (_, i) => ({ i, text: String(i) })).length;
}

describe('what a member tells of its memory', () => {
  it('is its heap and its buffers, once a second where nobody acts on it', () => {
    const { status, watch, grown } = createWatch({ isWatched: false, maxGrowthKib: null });
    const baselineKib = status.heapKib;
    assert.ok(baselineKib > 1_000);
    watch.look(0);
    const held = Buffer.alloc(16 * 2 ** 20, 1);
    watch.look(999);
    assert.ok(status.heapKib < baselineKib + 16 * 1_024);
    watch.look(1_000);
    assert.ok(status.heapKib >= baselineKib + 16 * 1_024 - 2_048, String(status.heapKib));
    assert.deepEqual([grown.length, held.length], [0, 16 * 2 ** 20]);
  });

  it('is too much when it lives, with the baseline', () => {
    const { status, watch, grown } = createWatch({ isWatched: true, maxGrowthKib: LIMIT_KIB });
    const baselineKib = status.heapKib;
    const held = Array.from({ length: 400_000 }, (_, i) => ({ i, text: String(i) }));
    watch.look(10);
    assert.equal(grown.length, 1);
    assert.equal(grown[0]?.baselineKib, baselineKib);
    assert.ok(grown[0].memoryKib - baselineKib > LIMIT_KIB);
    assert.equal(held.length, 400_000);
  });

  it('is not too much for garbage alone', () => {
    const { status, watch, grown } = createWatch({ isWatched: true, maxGrowthKib: LIMIT_KIB });
    const baselineKib = status.heapKib;
    assert.equal(makeGarbage(), 600_000);
    watch.look(10);
    assert.deepEqual(grown, []);
    assert.ok(status.heapKib - baselineKib < LIMIT_KIB);
  });

  it('is measured again in time, although nothing runs, when it was measured just now', async () => {
    const { clock, watch, grown } = createWatch({ isWatched: true, maxGrowthKib: LIMIT_KIB });
    clock.collectingMs = 7;
    assert.equal(makeGarbage(), 600_000);
    watch.look(10);
    const held = Array.from({ length: 400_000 }, (_, i) => ({ i, text: String(i) }));
    watch.look(20);
    assert.deepEqual([grown.length, clock.timers], [0, 1]);
    await clock.advance(1_000);
    assert.equal(grown.length, 1);
    assert.equal(held.length, 400_000);
  });

  it('is looked at although the last job for long ended right after a look', async () => {
    const { clock, watch, grown } = createWatch({ isWatched: true, maxGrowthKib: LIMIT_KIB });
    watch.look(10);
    const held = Array.from({ length: 400_000 }, (_, i) => ({ i, text: String(i) }));
    watch.look(12);
    assert.deepEqual([grown.length, clock.timers], [0, 1]);
    await clock.advance(1_000);
    assert.equal(grown.length, 1);
    assert.equal(held.length, 400_000);
  });

  it('leaves no trace of the collector in the program', () => {
    createWatch({ isWatched: true, maxGrowthKib: LIMIT_KIB });
    assert.equal('gc' in globalThis, false);
  });
});
