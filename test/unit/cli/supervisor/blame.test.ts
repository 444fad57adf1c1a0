import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Blame } from '../../../../cli/supervisor/blame.js';
import { howItEnded, isCrash, tasksOf, whatItRan } from '../../../../cli/supervisor/death-notice.js';
import type { NodeEnd } from '../../../../cli/supervisor/supervised-node.js';

const entry = (id: string, isRunning = false) => ({ id, name: 'a.b', isRunning, sinceEpochMs: 1_000 });
const end = (parts: Partial<NodeEnd>): NodeEnd => ({
  pid: 1,
  code: null,
  signal: null,
  from: 'ready',
  readyMs: 1,
  wantsAgain: false,
  ...parts,
});

test('C2 counts the deaths of a task until it ends, and tells the next node of all', () => {
  const blame = new Blame();
  assert.deepStrictEqual(blame.died([entry('x'), entry('y')]), [
    ['x', 1],
    ['y', 1],
  ]);
  blame.cleared('y');
  assert.deepStrictEqual(blame.died([entry('x')]), [['x', 2]]);
  assert.deepStrictEqual(blame.crashes, [['x', 2]]);
});

test('keeps the newest 500 suspects', () => {
  const blame = new Blame();
  blame.died([entry('old')]);
  for (let i = 0; i < 500; i++) blame.died([entry(`id-${String(i)}`)]);
  assert.equal(blame.crashes.length, 500);
  assert.ok(!blame.crashes.some(([id]) => id === 'old'));
  assert.equal(blame.died(Array.from({ length: 900 }, (_, i) => entry(`n-${String(i)}`))).length, 500);
});

test('tells the next node no more than an environment can hold, whatever the ids are', () => {
  const blame = new Blame();
  for (let i = 0; i < 500; i++) blame.died([entry('\u0001'.repeat(76) + String(i).padStart(4, '0'))]);
  const { crashes } = blame;
  assert.ok(Buffer.byteLength(JSON.stringify(crashes)) <= 100_001);
  assert.match(crashes.at(-1)?.[0] ?? '', /0499$/);
  assert.ok(crashes.length > 100);
});

test('T5, T7 a fault is a crash; our own SIGKILL and an ordinary exit code are not', () => {
  const cases: readonly (readonly [Partial<NodeEnd>, boolean])[] = [
    [{ signal: 'SIGSEGV' }, true],
    [{ signal: 'SIGKILL' }, true],
    [{ code: 134 }, true],
    [{ code: 139, from: 'stopping' }, true],
    [{ signal: 'SIGKILL', from: 'killing' }, false],
    [{ code: 1 }, false],
    [{ code: 0 }, false],
  ];
  for (const [parts, expected] of cases) assert.equal(isCrash(end(parts)), expected, JSON.stringify(parts));
});

test('says how it ended, what was seen to run and what may have run', () => {
  assert.equal(howItEnded({ code: null, signal: 'SIGABRT' }), 'SIGABRT');
  assert.equal(howItEnded({ code: 1, signal: null }), 'exit code 1');
  assert.equal(whatItRan([], 0), '');
  assert.equal(
    whatItRan([entry('1'), entry('2', true)], 3_500),
    '; it was running a.b[2] for 2.5 s; it may have been running a.b[1]',
  );
  const many = Array.from({ length: 10 }, (_, i) => entry(String(i)));
  assert.match(whatItRan(many, 0), /a\.b\[7\] and 2 more$/);
  assert.deepStrictEqual(tasksOf([entry('1', true)]), [
    { id: '1', name: 'a.b', isRunning: true, since: '1970-01-01T00:00:01.000Z' },
  ]);
});
