import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CHARGE_VARIABLE,
  readCharge,
  readNodeMessage,
  readSupervisorMessage,
  type NodeCharge,
  type NodeMessage,
} from '../../../../cli/supervisor/node-messages.js';
import { ChargedNode } from '../../../../cli/supervisor/charged-node.js';

const messages: readonly NodeMessage[] = [
  { type: 'beat' },
  { type: 'again' },
  { type: 'cleared', id: 'x' },
  { type: 'loaded', startTimeoutMs: 1, beatTimeoutMs: 2 },
  { type: 'ready', face: { hostname: 'w@h', concurrency: 2, banner: [['app', 'shop']] } },
];
const charge: NodeCharge = { index: 2, processes: 3, journal: '/j', purges: true, crashes: [['x', 1]] };

test('every message of ours is read as it was sent', () => {
  for (const message of messages) assert.deepStrictEqual(readNodeMessage(JSON.parse(JSON.stringify(message))), message);
  const blamed = { type: 'blamed', crashes: [['x', 1]] };
  assert.deepStrictEqual(readSupervisorMessage(JSON.parse(JSON.stringify(blamed))), blamed);
  assert.deepStrictEqual(readCharge(JSON.stringify(charge)), charge);
});

test('what somebody else sends is no message, and no error', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const type = readNodeMessage(value)?.type ?? null;
      assert.ok(type === null || messages.some((message) => message.type === type));
      readSupervisorMessage(value);
    }),
  );
  for (const text of [undefined, '', '1', 'null', '{}', '{"index":1}', '[']) assert.equal(readCharge(text), null);
  const maimed = { ...charge, crashes: [['x'], 7, ['y', 2]] };
  assert.deepStrictEqual(readCharge(JSON.stringify(maimed))?.crashes, [['y', 2]]);
});

test('a charge is taken once: what the node starts itself is not charged', () => {
  const environment = { [CHARGE_VARIABLE]: JSON.stringify(charge) };
  ChargedNode.take(environment);
  assert.deepStrictEqual(environment, {});
});
