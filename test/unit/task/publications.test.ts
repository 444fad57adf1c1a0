import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childTaskId } from '../../../core/kernel/ids.js';
import { Publications } from '../../../core/task/publications.js';
import { turn } from '../../support/virtual-clock.js';

test('children have the same ids on a repeat of the run, and others after a retry', () => {
  const first = new Publications('p', 0);
  const again = new Publications('p', 0);
  const ids = [first.nextId(), first.nextId()];
  assert.deepStrictEqual([again.nextId(), again.nextId()], ids);
  assert.deepStrictEqual(ids, [childTaskId('p', 0, 0), childTaskId('p', 0, 1)]);
  assert.notEqual(new Publications('p', 1).nextId(), ids[0]);
});

test('confirmed() waits for what is under way, also for what is published meanwhile', async () => {
  const publications = new Publications('p', 0);
  const releases: (() => void)[] = [];
  const publish = () => publications.track(new Promise<void>((resolve) => releases.push(resolve)));
  void publish();
  let isDone = false;
  const done = publications.confirmed().then(() => (isDone = true));
  await turn();
  void publish();
  releases[0]?.();
  await turn();
  assert.equal(isDone, false);
  releases[1]?.();
  await done;
  assert.equal(publications.hasPending, false);
});

test('a failure that the body has not looked at is told at the end, even when it is long past', async () => {
  const publications = new Publications('p', 0);
  void publications.track(Promise.reject(new RangeError('refused')));
  await turn();
  assert.equal(publications.hasPending, true);
  await assert.rejects(publications.confirmed(), RangeError);
});

test('a failure that the body has caught is its own business', async () => {
  const publications = new Publications('p', 0);
  const sent = publications.track(Promise.reject(new RangeError('refused')));
  await assert.rejects(async () => {
    await sent;
  }, RangeError);
  await publications.confirmed();
});

test('a body that looks by any way of looking has looked', async () => {
  const looks: ((sent: Promise<unknown>) => Promise<unknown>)[] = [
    (sent) => sent.catch(() => undefined),
    (sent) => Promise.allSettled([sent]),
    (sent) => (async () => sent)().catch(() => undefined),
    (sent) => sent.finally(() => undefined).catch(() => undefined),
  ];
  for (const look of looks) {
    const publications = new Publications('p', 0);
    await look(publications.track(Promise.reject(new Error('refused'))));
    await publications.confirmed();
  }
});

test('what is tracked resolves as what was sent', async () => {
  assert.equal(await new Publications('p', 0).track(Promise.resolve(7)), 7);
});
