import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LamportClock } from '../../../core/kernel/lamport-clock.js';

test('what is sent counts on, what arrives moves past both', () => {
  const clock = new LamportClock(5);
  assert.deepStrictEqual([clock.forward(), clock.adjust(3), clock.adjust(20), clock.value], [6, 7, 21, 21]);
});
