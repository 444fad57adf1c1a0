import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDeadline } from '../../../core/kernel/deadline.js';
import { TimeoutError } from '../../../core/kernel/errors.js';
import { VirtualClock } from '../../support/virtual-clock.js';

test('what settles in time settles so, and leaves no timer', async () => {
  const clock = new VirtualClock();
  assert.equal(await withDeadline(clock, Promise.resolve(7), 100, 'it'), 7);
  await assert.rejects(withDeadline(clock, Promise.reject(new RangeError('no')), 100, 'it'), RangeError);
  assert.equal(clock.timers, 0);
});

test('what does not is a TimeoutError that names it', async () => {
  const clock = new VirtualClock();
  const late = assert.rejects(
    withDeadline(clock, new Promise(() => undefined), 100, 'closing'),
    (error) => error instanceof TimeoutError && error.message === 'closing took longer than 100 ms',
  );
  await clock.advance(100);
  await late;
});

test('a failure after the deadline harms nobody', async () => {
  const clock = new VirtualClock();
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise((_resolve, reject) => (fail = reject));
  const late = assert.rejects(withDeadline(clock, work, 100, 'it'), TimeoutError);
  await clock.advance(100);
  await late;
  fail(new Error('too late'));
  await clock.advance(1);
});
