import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Renewal } from '../../../pools/renewal.js';
import { VirtualClock } from '../../support/virtual-clock.js';

test('a new member that loses its place while it loads is followed by another one', async () => {
  const started: string[] = [];
  let retiredBeside = '';
  const renewal = new Renewal<string>('old', new VirtualClock(), {
    startSpare: () => {
      started.push(`member ${String(started.length + 1)} with ${String(renewal.data)}`);
      return `m${String(started.length)}`;
    },
    retireOthers: (renewed) => (retiredBeside = renewed),
  });
  const renewed = renewal.begin('new', 30_000);
  renewal.gone('somebody else');
  renewal.gone('m1');
  assert.deepEqual(started, ['member 1 with new', 'member 2 with new']);
  renewal.ready('m2', 'manifest');
  assert.equal(await renewed, 'manifest');
  assert.equal(retiredBeside, 'm2');
  assert.equal(renewal.data, 'new');
});
