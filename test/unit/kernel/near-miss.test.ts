import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearMiss } from '../../../core/kernel/near-miss.js';

test('a typo is one edit of a short word, two of a long one', () => {
  assert.equal(nearMiss('quue', ['queue']), 'queue');
  assert.equal(nearMiss('qqq', ['queue']), null);
  assert.equal(nearMiss('conccurency', ['concurrency']), 'concurrency');
  assert.equal(nearMiss('concrete', ['concurrency']), null);
});

test('two letters changed over are one edit, and case counts for nothing', () => {
  assert.equal(nearMiss('qeueu', ['queue']), null);
  assert.equal(nearMiss('qeuue', ['queue']), 'queue');
  assert.equal(nearMiss('TASKACKSLATE', ['taskAcksLate']), 'taskAcksLate');
});

test('the nearest is taken', () => {
  assert.equal(nearMiss('softLimits', ['softLimit', 'hardLimit']), 'softLimit');
  assert.equal(nearMiss('x', []), null);
});
