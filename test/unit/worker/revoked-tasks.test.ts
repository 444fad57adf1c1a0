import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RevokedTasks } from '../../../core/worker/revoked-tasks.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const bounds = { workerRevokesMax: 3, workerRevokeExpires: 10 };

test('ids and stamps are kept apart, and both survive being written down', () => {
  const clock = new VirtualClock();
  const revoked = new RevokedTasks(bounds, clock);
  assert.equal(revoked.isEmpty, true);
  revoked.add('a');
  revoked.addStamps({ tenant: ['acme', 'initech'] });
  const again = new RevokedTasks(bounds, clock);
  again.merge(JSON.parse(JSON.stringify(revoked.record())) as ReturnType<RevokedTasks['record']>);
  for (const set of [revoked, again]) {
    assert.equal(set.isEmpty, false);
    assert.equal(set.has({ id: 'a', stamps: null }), true);
    assert.equal(set.has({ id: 'acme', stamps: null }), false);
    assert.equal(set.has({ id: 'b', stamps: { tenant: 'initech' } }), true);
    assert.equal(set.has({ id: 'b', stamps: { other: 'acme', tenant: ['x', 'acme'] } }), true);
    assert.equal(set.has({ id: 'b', stamps: { tenant: 'a' } }), false);
  }
});

test('BUG-23 stamps are as bounded as ids are', async () => {
  const clock = new VirtualClock();
  const revoked = new RevokedTasks(bounds, clock);
  for (let i = 0; i < 10; i++) {
    revoked.add(String(i));
    revoked.addStamps({ tenant: String(i) });
  }
  assert.deepStrictEqual(revoked.ids(), ['7', '8', '9']);
  assert.equal(revoked.record().stamps.length, 3);
  await clock.advance(10_000);
  assert.deepStrictEqual(revoked.record(), { ids: [], stamps: [] });
});
