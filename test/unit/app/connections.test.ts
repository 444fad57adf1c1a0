import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Connections } from '../../../core/app/connections.js';
import { systemClock } from '../../../core/kernel/clock.js';
import { systemRandom } from '../../../core/kernel/random.js';
import { resolveSettings } from '../../../core/settings/resolve.js';
import { message } from '../../contract/transport-inbox.js';

describe('connections', () => {
  let connections: Connections;
  beforeEach(() => {
    const settings = resolveSettings({ brokerUrl: 'memory://connections' }).settings;
    connections = new Connections({ settings, definedIn: null, clock: systemClock, random: systemRandom });
  });
  afterEach(() => connections.close(1_000));

  test('a transport that has lost its connection for good is connected again for the next who asks', async () => {
    const transport = await connections.transport();
    await transport.close(1_000);
    assert.equal(transport.isConnected, false);
    const [again, atOnce] = await Promise.all([connections.transport(), connections.transport()]);
    assert.equal(again, atOnce);
    assert.equal(again.isConnected, true);
    await again.publish([message('a')]);
    assert.equal(await again.count('q'), 1);
  });

  test('one that is connected is shared by all', async () => {
    assert.equal(await connections.transport(), await connections.transport());
  });

  test('after close the next who asks gets another', async () => {
    const transport = await connections.transport();
    await connections.close(1_000);
    assert.equal(transport.isConnected, false);
    assert.notEqual(await connections.transport(), transport);
  });
});
