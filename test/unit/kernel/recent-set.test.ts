import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentSet } from '../../../core/kernel/recent-set.js';
import { VirtualClock } from '../../support/virtual-clock.js';

test('WORK-63 it forgets the oldest beyond its number, and each name after its time', async () => {
  const clock = new VirtualClock();
  const set = new RecentSet({ maxSize: 3, expiresMs: 1_000, clock });
  for (const name of ['a', 'b', 'c', 'd']) set.add(name);
  assert.deepStrictEqual(
    set.entries().map(([name]) => name),
    ['b', 'c', 'd'],
  );
  await clock.advance(600);
  set.add('b');
  await clock.advance(600);
  assert.deepStrictEqual([set.has('b'), set.has('c')], [true, false]);
  assert.deepStrictEqual(
    set.entries().map(([name]) => name),
    ['b'],
  );
});

test('a name that is added again is young again, and none is of the future', () => {
  const clock = new VirtualClock();
  const set = new RecentSet({ maxSize: 2, expiresMs: 1_000, clock });
  set.add('a');
  set.add('b');
  set.add('a');
  set.add('c');
  assert.deepStrictEqual(
    set.entries().map(([name]) => name),
    ['a', 'c'],
  );
  set.add('later', clock.nowEpochMs() + 1e9);
  assert.deepStrictEqual(set.entries().at(-1), ['later', clock.nowEpochMs()]);
});

test('what was old already when it was merged is not remembered', () => {
  const clock = new VirtualClock();
  const set = new RecentSet({ maxSize: 5, expiresMs: 1_000, clock });
  set.add('new');
  set.add('old', clock.nowEpochMs() - 2_000);
  assert.equal(set.has('old'), false);
  assert.deepStrictEqual(
    set.entries().map(([name]) => name),
    ['new'],
  );
});

test('a name costs as little in a full set as in an empty one', () => {
  const set = new RecentSet({ maxSize: 50_000, expiresMs: 1e9, clock: new VirtualClock() });
  for (let i = 0; i < 50_000; i++) set.add(`id-${String(i)}`);
  const started = process.hrtime.bigint();
  for (let i = 0; i < 5_000; i++) set.add(`more-${String(i)}`);
  // A walk through all for each took four seconds.
  assert.ok(Number(process.hrtime.bigint() - started) < 1e9);
  assert.equal(set.size, 50_000);
});
