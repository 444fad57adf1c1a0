import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import type { PlacedMember } from '../../../../pools/thread/place.js';
import { Roster } from '../../../../pools/thread/roster.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

interface FakeMember extends PlacedMember {
  index: number;
  epoch: number;
  state: PlacedMember['state'];
}

function createRoster() {
  const clock = new VirtualClock();
  const spawned: FakeMember[] = [];
  const heldBack: string[] = [];
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
    onHeldBack: ({ index, epoch }, delayMs) => {
      heldBack.push(`${String(index)}.${String(epoch)} ${String(delayMs)}`);
    },
  });
  const ready = (): void => {
    for (const member of spawned) if (member.state === 'spawning') member.state = 'ready';
    roster.changed();
  };
  const names = (): string[] => feedable.map(({ index, epoch }) => `${String(index)}.${String(epoch)}`);
  const last = (): FakeMember => spawned.at(-1) as FakeMember;
  return { clock, roster, spawned, heldBack, ready, names, last };
}

describe('the roster of a pool', () => {
  it('feeds members once they are ready', () => {
    const { roster, ready, names } = createRoster();
    roster.resize(2);
    assert.deepEqual(names(), []);
    ready();
    assert.deepEqual(names(), ['0.1', '1.1']);
  });

  it('replaces a useful member at once, with the next epoch', () => {
    const { roster, ready, names, last } = createRoster();
    roster.resize(1);
    ready();
    roster.gone(last(), true);
    ready();
    assert.deepEqual(names(), ['0.2']);
  });

  it('gives the place to the spare that was started before', () => {
    const { roster, ready, names, spawned } = createRoster();
    roster.resize(1);
    ready();
    const first = spawned[0] as FakeMember;
    roster.spareFor(first);
    roster.spareFor(first);
    assert.equal(spawned.length, 2);
    ready();
    assert.deepEqual(names(), ['0.1']);
    roster.release(first);
    assert.deepEqual(names(), ['0.2']);
    roster.gone(first, true);
    assert.deepEqual(names(), ['0.2']);
    assert.equal(spawned.length, 2);
  });

  it('tries a place that fails with growing delays, and after five failures every half minute, told once', async () => {
    const { clock, roster, spawned, heldBack, last } = createRoster();
    roster.resize(1);
    for (let failures = 1; failures <= 4; failures++) {
      roster.gone(last(), false);
      assert.equal(spawned.length, failures);
      await clock.advance(2_000);
      assert.equal(spawned.length, failures + 1);
    }
    assert.deepEqual(heldBack, []);
    roster.gone(last(), false);
    assert.deepEqual(heldBack, ['0.5 30000']);
    await clock.advance(29_000);
    assert.equal(spawned.length, 5);
    await clock.advance(1_000);
    assert.equal(spawned.length, 6);
    roster.gone(last(), false);
    assert.equal(heldBack.length, 1);
    await clock.advance(30_000);
    roster.gone(last(), true);
    for (let failures = 1; failures <= 5; failures++) {
      await clock.advance(2_000);
      roster.gone(last(), false);
    }
    assert.deepEqual(heldBack.slice(1), [`0.${String(last().epoch)} 30000`]);
  });

  it('tries a spare that has failed again after a while, or when its place is empty', async () => {
    const { clock, roster, ready, names, spawned, last } = createRoster();
    roster.resize(1);
    ready();
    const first = last();
    roster.spareFor(first);
    roster.gone(last(), false);
    roster.spareFor(first);
    assert.equal(spawned.length, 2);
    await clock.advance(2_000);
    roster.spareFor(first);
    roster.gone(last(), false);
    roster.spareFor(first);
    assert.equal(spawned.length, 3);
    roster.release(first);
    ready();
    assert.deepEqual(names(), ['0.4']);
    roster.spareFor(last());
    assert.equal(spawned.length, 5);
  });

  it('G12 never gives an epoch twice, also to a place that was taken away and comes back', () => {
    const { roster, ready, names } = createRoster();
    roster.resize(2);
    roster.resize(1);
    roster.resize(2);
    ready();
    assert.deepEqual(names(), ['0.1', '1.2']);
  });

  it('answers the members that lose their place', () => {
    const { roster, ready, names, spawned } = createRoster();
    roster.resize(3);
    ready();
    assert.deepEqual(roster.resize(1), [spawned[2], spawned[1]]);
    assert.deepEqual(names(), ['0.1']);
    roster.gone(spawned[2] as FakeMember, true);
    assert.equal(spawned.length, 3);
  });

  it('starts nobody after it was closed', async () => {
    const { clock, roster, spawned, last } = createRoster();
    roster.resize(2);
    roster.gone(last(), false);
    roster.close();
    await clock.advance(60_000);
    roster.gone(spawned[0] as FakeMember, true);
    assert.equal(spawned.length, 2);
  });
});
