/** Warm spares in the roster, with members that are told what they are, and in a pool of threads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import { LanePool } from '../../../../pools/thread/lane-pool.js';
import type { PlacedMember } from '../../../../pools/thread/place.js';
import { Roster, WARM_INDEX } from '../../../../pools/thread/roster.js';
import { submit, TestHandlers, TestJob } from '../../../support/pool-job.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

interface FakeMember extends PlacedMember {
  index: number;
  epoch: number;
  state: PlacedMember['state'];
}

function createRoster(warmCount: number) {
  const clock = new VirtualClock();
  const spawned: FakeMember[] = [];
  let feedable: readonly FakeMember[] = [];
  const roster = new Roster<FakeMember>({
    clock,
    random: createSeededRandom(1),
    spawn: (index, epoch) => {
      const member: FakeMember = {
        index,
        epoch,
        state: 'spawning',
        takePlace: (placeIndex, placeEpoch) => {
          member.index = placeIndex;
          member.epoch = placeEpoch;
        },
      };
      spawned.push(member);
      return member;
    },
    onChange: (members) => (feedable = members),
  });
  const ready = (): void => {
    for (const member of spawned) if (member.state === 'spawning') member.state = 'ready';
    roster.changed();
  };
  roster.resize(1);
  ready();
  roster.keepWarm(warmCount);
  const end = (member: FakeMember | undefined, wasUseful = true): void => {
    if (member === undefined) return;
    member.state = 'gone';
    roster.gone(member, wasUseful);
  };
  const names = (): string[] => feedable.map(({ index, epoch }) => `${String(index)}.${String(epoch)}`);
  return { clock, roster, spawned, ready, end, names };
}

describe('warm spares', { timeout: 30_000 }, () => {
  it('are started beyond the size and take no jobs', () => {
    const { roster, spawned, ready, names } = createRoster(2);
    ready();
    assert.deepEqual(
      spawned.map(({ index }) => index),
      [0, WARM_INDEX, WARM_INDEX],
    );
    assert.deepEqual([names(), roster.warmCount, roster.size], [['0.1'], 2, 1]);
  });

  it('take a lost place at once, and another is started', () => {
    const { roster, spawned, ready, end, names } = createRoster(1);
    ready();
    end(spawned[0]);
    assert.deepEqual([names(), roster.warmCount, spawned.length], [['0.2'], 0, 3]);
    ready();
    assert.equal(roster.warmCount, 1);
  });

  it('take the place before a spare that still loads, which waits in their stead', () => {
    const { roster, spawned, ready, end, names } = createRoster(1);
    // The spare for the member is a new one: the warm one is still loading.
    roster.spareFor(spawned[0] as FakeMember);
    (spawned[1] as FakeMember).state = 'ready';
    end(spawned[0]);
    assert.deepEqual(names(), ['0.3']);
    ready();
    assert.deepEqual([roster.warmCount, spawned.length], [1, 3]);
  });

  it('are the replacement of who is to leave', () => {
    const { roster, spawned, ready } = createRoster(1);
    ready();
    assert.equal(roster.spareFor(spawned[0] as FakeMember), spawned[1]);
    assert.equal(roster.warmCount, 0);
  });

  it('are places of a pool that grows', () => {
    const { roster, ready, names } = createRoster(1);
    ready();
    roster.resize(2);
    assert.deepEqual(names(), ['0.1', '1.1']);
  });

  it('are tried with growing delays when they cannot load', async () => {
    const { clock, spawned, end } = createRoster(1);
    for (let failures = 1; failures <= 4; failures++) {
      end(spawned.at(-1), false);
      assert.equal(spawned.length, 1 + failures);
      await clock.advance(2_000);
    }
    end(spawned.at(-1), false);
    await clock.advance(29_000);
    assert.equal(spawned.length, 6);
    await clock.advance(1_000);
    assert.equal(spawned.length, 7);
  });

  it('know their place when they have one: a run after a hard limit needs no load', async () => {
    const programUrl = new URL('../../../support/members/scripted.js', import.meta.url).href;
    const handlers = new TestHandlers();
    const pool = new LanePool({ programUrl, size: 1, warmSpares: 1 }, handlers);
    await pool.start(10_000);
    while (pool.snapshot().warmSpares < 1) await new Promise((resolve) => setImmediate(resolve));
    const [, warm] = pool.snapshot().members;
    const looping = await submit(pool, handlers, new TestJob('loop', { timeLimitMs: 20 }));
    await looping.end;
    const next = await (await submit(pool, handlers, new TestJob('who'))).end;
    assert.equal(next.type === 'outcome' ? next.text : next.type, '0.2');
    const holder = pool.snapshot().members.find(({ index }) => index === 0);
    assert.equal(holder?.threadId, warm?.threadId);
    await pool.close(10_000);
    assert.deepEqual(pool.snapshot().members, []);
  });
});
