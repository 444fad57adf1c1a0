import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { HostTurns } from '../../../../pools/thread/host-turns.js';
import { turn, VirtualClock } from '../../../support/virtual-clock.js';

/** Records arrive in `batches`: each drain takes one of them, an empty list is an empty lane. */
function createTurns(test: TestContext, batches: number[]) {
  const clock = new VirtualClock();
  const log: string[] = [];
  let isAlone = false;
  let restMs = 0;
  const turns = new HostTurns(
    {
      drain: () => {
        const seen = batches.shift() ?? 0;
        log.push(`drain ${String(seen)}`);
        return seen;
      },
      park: () => log.push('park'),
      doze: () => log.push('doze'),
      restMs: () => restMs,
      isAlone: () => isAlone,
      nudge: () => log.push('nudge'),
    },
    clock,
  );
  test.after(() => {
    turns.close();
  });
  const take = (): string[] => log.splice(0);
  const setAlone = (value: boolean): void => {
    isAlone = value;
  };
  const setRestMs = (value: number): void => {
    restMs = value;
  };
  return { clock, turns, take, setAlone, setRestMs };
}

describe('the turns of the host', () => {
  it('take one batch a turn of the event loop, and park after the first that is empty', async (test) => {
    const { turns, take } = createTurns(test, [5, 3]);
    turns.wake();
    assert.deepEqual(take(), ['drain 5']);
    await turn();
    assert.deepEqual(take(), ['drain 3']);
    await turn();
    assert.deepEqual(take(), ['drain 0', 'park', 'drain 0']);
    await turn();
    assert.deepEqual(take(), []);
  });

  it('G7 look once more after parking, and go on when something came in between', async (test) => {
    const { turns, take } = createTurns(test, [0, 2]);
    turns.wake();
    assert.deepEqual(take(), ['drain 0', 'park', 'drain 2']);
    await turn();
    assert.deepEqual(take(), ['drain 0', 'park', 'drain 0']);
  });

  it('need no second bell while they go on', async (test) => {
    const { turns, take } = createTurns(test, [1]);
    turns.wake();
    turns.wake();
    assert.deepEqual(take(), ['drain 1']);
    await turn();
    await turn();
    assert.deepEqual(take(), ['drain 0', 'park', 'drain 0']);
  });

  it('G8 look and nudge every 50 ms while jobs are in flight, should a bell be lost', async (test) => {
    const { clock, turns, take } = createTurns(test, []);
    turns.setBusy(true);
    await clock.advance(49);
    assert.deepEqual(take(), []);
    await clock.advance(101);
    const look = ['nudge', 'drain 0', 'park', 'drain 0'];
    assert.deepEqual(take(), [...look, ...look, ...look]);
  });

  it('doze while the members have other work, look by the time, and go on when something lay there', async (test) => {
    const { clock, turns, take, setRestMs } = createTurns(test, [1, 0, 3, 0, 0, 0]);
    turns.setBusy(true);
    setRestMs(2);
    turns.wake();
    assert.deepEqual(take(), ['drain 1', 'doze', 'drain 0']);
    await turn();
    await clock.advance(1);
    assert.deepEqual(take(), []);
    await clock.advance(1);
    assert.deepEqual(take(), ['drain 3', 'doze', 'drain 0']);
    await clock.advance(2);
    assert.deepEqual(take(), ['drain 0', 'park', 'drain 0']);
  });

  it('doze no longer when a bell comes, and look again when something came in while they lay down', async (test) => {
    const { clock, turns, take, setRestMs } = createTurns(test, [1, 0, 2, 0, 1, 1]);
    turns.setBusy(true);
    setRestMs(2);
    turns.wake();
    assert.deepEqual(take(), ['drain 1', 'doze', 'drain 0']);
    const timers = clock.timers;
    turns.wake();
    assert.deepEqual(take(), ['drain 2', 'doze', 'drain 0']);
    assert.equal(clock.timers, timers);
    turns.wake();
    assert.deepEqual(take(), ['drain 1', 'doze', 'drain 1']);
    setRestMs(0);
    await turn();
    assert.deepEqual(take(), ['drain 0', 'park', 'drain 0']);
  });

  it('neither doze with nothing in flight nor keep the timer of a doze after the end', (test) => {
    const { clock, turns, take, setRestMs } = createTurns(test, [1, 1, 0]);
    setRestMs(2);
    turns.wake();
    assert.deepEqual(take(), ['drain 1']);
    turns.setBusy(true);
    turns.close();
    assert.equal(clock.timers, 0);
  });

  it('give up a short wait when they doze: a doze without an outcome ends in parking', async (test) => {
    const { clock, turns, take, setAlone, setRestMs } = createTurns(test, []);
    turns.setBusy(true);
    setAlone(true);
    turns.wake();
    assert.deepEqual(take(), ['drain 0'], 'waits awake');
    setAlone(false);
    setRestMs(2);
    await turn();
    assert.deepEqual(take(), ['drain 0', 'doze', 'drain 0']);
    await clock.advance(2);
    assert.deepEqual(take(), ['drain 0', 'park', 'drain 0']);
  });

  it('wait awake for the outcome of a single job while it comes in time, and park without one', async (test) => {
    const batches: number[] = [];
    const { turns, take, setAlone } = createTurns(test, batches);
    for (let round = 0; round < 20; round++) {
      batches.push(1);
      turns.wake();
      // Its caller has sent the next one.
      setAlone(true);
      for (let pass = 0; pass < 10; pass++) await turn();
      assert.ok(!take().includes('park'));
      batches.push(1);
      while (!take().includes('drain 1')) await turn();
      setAlone(false);
      while (!take().includes('park')) await turn();
    }
  });

  it('wait awake for a while only, and ever more seldom when that comes to nothing', async (test) => {
    const { turns, take, setAlone } = createTurns(test, []);
    setAlone(true);
    const waits: number[] = [];
    for (let round = 0; round < 200; round++) {
      turns.wake();
      const log = take();
      if (log.includes('park')) continue;
      waits.push(round);
      while (!log.includes('park')) {
        await turn();
        log.push(...take());
      }
      assert.ok(log.length < 100);
    }
    assert.deepEqual(waits.slice(0, 4), [0, 1, 4, 9]);
    assert.ok(waits.length < 20, String(waits));
  });

  it('keep no timer when nothing is in flight any more, or after the end', async (test) => {
    const { clock, turns } = createTurns(test, []);
    assert.equal(clock.timers, 0);
    for (let i = 0; i < 3; i++) {
      turns.setBusy(true);
      turns.setBusy(false);
    }
    // One timer, whose end finds nobody busy.
    assert.equal(clock.timers, 1);
    await clock.advance(50);
    assert.equal(clock.timers, 0);
    turns.setBusy(true);
    turns.close();
    assert.equal(clock.timers, 0);
  });
});
