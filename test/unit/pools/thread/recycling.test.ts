import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import { Recycling, type RecycledMember, type RecyclingLimits } from '../../../../pools/thread/recycling.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const NO_LIMITS: RecyclingLimits = { maxMemoryPerMemberKib: null, maxRssMb: null, maxAgeMs: null };
const MB = 2 ** 20;

interface FakeMember extends RecycledMember {
  readonly name: string;
  state: RecycledMember['state'];
  memoryKib: number;
}

function createRecycling(limits: Partial<RecyclingLimits>) {
  const clock = new VirtualClock();
  const members = new Set<FakeMember>();
  const wanted: string[] = [];
  const retired: string[] = [];
  const process = { rssMb: 100, isBusy: false };
  const recycling = new Recycling<FakeMember>(
    { ...NO_LIMITS, ...limits },
    {
      clock,
      random: createSeededRandom(1),
      members,
      rssBytes: () => process.rssMb * MB,
      replacements: {
        get isIdle() {
          return !process.isBusy;
        },
        want: (member, cause, detail) => wanted.push(`${member.name} ${cause}: ${detail}`),
      },
      retire: (member, cause, detail) => retired.push(`${member.name} ${cause}: ${detail}`),
    },
  );
  const add = (name: string, memoryKib = 5_000): FakeMember => {
    const member: FakeMember = { name, state: 'ready', memoryKib };
    members.add(member);
    recycling.ready(member);
    return member;
  };
  return { clock, recycling, wanted, retired, process, members, add };
}

describe('recycling of members', () => {
  it('sets no timer while nothing is limited, and none is left after the end', () => {
    const idle = createRecycling({});
    idle.add('a');
    assert.equal(idle.clock.timers, 0);
    const limited = createRecycling({ maxAgeMs: 1_000, maxRssMb: 10 });
    limited.add('a');
    assert.equal(limited.clock.timers, 2);
    limited.recycling.close();
    assert.equal(limited.clock.timers, 0);
  });

  it('replaces a member that has grown over its baseline, with both figures', () => {
    const { recycling, wanted, retired, add } = createRecycling({ maxMemoryPerMemberKib: 1_000 });
    recycling.grown(add('a'), 6_500, 5_000);
    assert.deepEqual(wanted, ['a heap: it holds 6500 KiB, 1500 more than when it was loaded: more than 1000']);
    assert.deepEqual(retired, []);
  });

  it('takes one out at once that has grown by more than twice as much', () => {
    const { recycling, wanted, retired, add } = createRecycling({ maxMemoryPerMemberKib: 1_000 });
    recycling.grown(add('a'), 7_001, 5_000);
    assert.deepEqual([wanted.length, retired.length], [0, 1]);
  });

  it('replaces members by age, each up to a tenth earlier than the age says', async () => {
    const { clock, wanted, add } = createRecycling({ maxAgeMs: 100_000 });
    for (const name of ['a', 'b', 'c', 'd']) add(name);
    await clock.advance(89_000);
    assert.equal(wanted.length, 0);
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) {
      await clock.advance(1_000);
      seen.push(wanted.length);
    }
    assert.equal(wanted.length, 4);
    assert.ok(new Set(seen).size > 2, `they left together: ${seen.join()}`);
    assert.match(wanted[0] ?? '', /^\w age: it has been there for \d\d s$/);
  });

  it('tries an old member again that could not be replaced', async () => {
    const { clock, wanted, add, members } = createRecycling({ maxAgeMs: 10_000 });
    const old = add('a');
    await clock.advance(45_000);
    assert.equal(wanted.length, 2);
    old.state = 'gone';
    members.delete(old);
    await clock.advance(100_000);
    assert.equal(wanted.length, 2);
  });

  it('replaces what has grown most while the process is too large, and looks again when that is done', async () => {
    const { clock, wanted, process, add, members } = createRecycling({ maxRssMb: 200 });
    const [a, b] = [add('a'), add('b'), add('c')];
    a.memoryKib += 20_000;
    b.memoryKib += 50_000;
    await clock.advance(2_000);
    assert.deepEqual(wanted, []);
    process.rssMb = 300;
    await clock.advance(1_000);
    assert.deepEqual(wanted, ['b rss: the process has 300 MB, more than 200; this member has grown most, by 49 MB']);
    process.isBusy = true;
    await clock.advance(5_000);
    assert.equal(wanted.length, 1);
    process.isBusy = false;
    members.delete(b);
    add('b2').memoryKib += 90_000;
    await clock.advance(1_000);
    assert.match(wanted[1] ?? '', /^a rss/);
    process.rssMb = 150;
    await clock.advance(5_000);
    assert.equal(wanted.length, 2);
  });

  it('rests a minute when every member was replaced and the process is still too large', async () => {
    const { clock, wanted, process, add, members } = createRecycling({ maxRssMb: 50 });
    process.rssMb = 60;
    const old = add('a');
    old.memoryKib += 10_000;
    await clock.advance(1_000);
    members.delete(old);
    add('b').memoryKib += 10_000;
    await clock.advance(50_000);
    assert.equal(wanted.length, 1);
    await clock.advance(20_000);
    assert.match(wanted[1] ?? '', /^b rss/);
  });

  it('leaves alone who has not grown', async () => {
    const { clock, wanted, process, add } = createRecycling({ maxRssMb: 50 });
    process.rssMb = 60;
    add('a').memoryKib += 500;
    await clock.advance(10_000);
    assert.deepEqual(wanted, []);
  });
});
