import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Replacements, type ReplaceableMember } from '../../../../pools/thread/replacements.js';

interface FakeMember extends ReplaceableMember {
  readonly name: string;
  state: ReplaceableMember['state'];
}

function createPlaces(size: number) {
  const members: FakeMember[] = Array.from({ length: size }, (_, i) => ({ name: `old ${String(i)}`, state: 'ready' }));
  const spares: FakeMember[] = [];
  const retired: string[] = [];
  let canSpare = true;
  const replacements = new Replacements<FakeMember>({
    size: () => size,
    spareFor: (member) => {
      if (!canSpare) return null;
      const spare: FakeMember = { name: `new for ${member.name}`, state: 'spawning' };
      spares.push(spare);
      return spare;
    },
    retire: (member, cause, detail) => {
      retired.push(`${member.name}: ${cause}, ${detail}`);
      member.state = 'retiring';
    },
  });
  const move = (member: FakeMember | undefined, state: FakeMember['state']): void => {
    if (member !== undefined) member.state = state;
    replacements.changed();
  };
  return { members, spares, retired, replacements, move, refuse: () => (canSpare = false) };
}

describe('members that are replaced while they work', () => {
  it('leave only when what replaces them is ready', () => {
    const { members, spares, retired, replacements, move } = createPlaces(1);
    replacements.want(members[0] as FakeMember, 'age', 'old');
    assert.deepEqual([spares.length, retired], [1, []]);
    move(spares[0], 'ready');
    assert.deepEqual(retired, ['old 0: age, old']);
    assert.equal(replacements.isIdle, false);
    move(members[0], 'closing');
    assert.equal(replacements.isIdle, true);
  });

  it('leave one after the other in a small pool', () => {
    const { members, spares, retired, replacements, move } = createPlaces(7);
    for (const member of members.slice(0, 3)) replacements.want(member, 'heap', 'large');
    assert.equal(spares.length, 1);
    move(spares[0], 'ready');
    assert.equal(spares.length, 1);
    move(members[0], 'closing');
    assert.equal(spares.length, 2);
    move(spares[1], 'ready');
    move(members[1], 'gone');
    assert.deepEqual([spares.length, retired.length], [3, 2]);
  });

  it('leave by quarters in a large pool', () => {
    const { members, spares, replacements } = createPlaces(17);
    for (const member of members) replacements.want(member, 'age', 'old');
    assert.equal(spares.length, 4);
  });

  it('stay when what should replace them comes to nothing, or none can be started', () => {
    const { members, spares, retired, replacements, move, refuse } = createPlaces(2);
    replacements.want(members[0] as FakeMember, 'age', 'old');
    move(spares[0], 'gone');
    assert.deepEqual([retired, replacements.isIdle], [[], true]);
    refuse();
    replacements.want(members[0] as FakeMember, 'age', 'old');
    assert.deepEqual([retired, replacements.isIdle], [[], true]);
  });

  it('are wanted once, and not when they leave anyway', () => {
    const { members, spares, retired, replacements, move } = createPlaces(2);
    const [first, second] = members as [FakeMember, FakeMember];
    for (let i = 0; i < 2; i++) replacements.want(first, 'heap', 'large');
    replacements.want(second, 'heap', 'large');
    move(second, 'terminating');
    move(first, 'gone');
    move(spares[0], 'ready');
    assert.deepEqual([spares.length, retired, replacements.isIdle], [1, [], true]);
  });
});
