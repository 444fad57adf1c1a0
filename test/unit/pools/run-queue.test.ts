import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunQueue } from '../../../pools/run-queue.js';

class Run {
  readonly name: string;
  readonly priority: number;
  isSettled = false;

  constructor(name: string, priority = 0) {
    this.name = name;
    this.priority = priority;
  }
}

function drain(queue: RunQueue<Run>): readonly string[] {
  const names: string[] = [];
  for (let run = queue.peek(); run !== undefined; run = queue.peek()) {
    names.push(run.name);
    queue.shift();
  }
  return names;
}

describe('the queue of runs', () => {
  it('answers the highest priority first, and each in order', () => {
    const queue = new RunQueue<Run>();
    for (const [name, priority] of [
      ['a', 0],
      ['b', 9],
      ['c', 4],
      ['d', 9],
      ['e', 0],
    ] as const) {
      queue.push(new Run(name, priority));
    }
    assert.equal(queue.size, 5);
    assert.deepEqual(drain(queue), ['b', 'd', 'c', 'a', 'e']);
    assert.equal(queue.size, 0);
    queue.push(new Run('again', 1));
    assert.deepEqual(drain(queue), ['again']);
  });

  it('steps over runs that were given up, and lets go of thousands of them behind one that waits', () => {
    const queue = new RunQueue<Run>();
    queue.push(new Run('first'));
    for (let round = 0; round < 3; round++) {
      const given = Array.from({ length: 2_000 }, (_, i) => new Run(String(i), i % 10));
      for (const run of given) queue.push(run);
      for (const run of given) {
        run.isSettled = true;
        queue.forget();
      }
      assert.equal(queue.size, 1);
    }
    queue.push(new Run('last'));
    assert.deepEqual(drain(queue), ['first', 'last']);
  });
});
