import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInstant } from '../../../core/protocol/iso-instant.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { DEATH_HEADER, type DeathCertificate } from '../../../core/worker/dead-letter.js';
import { Judge } from '../../../core/worker/judge.js';
import { Strategy, type Received } from '../../../core/worker/strategy.js';
import { taskDelivery, type DeliveryParts } from '../../support/task-delivery.js';
import { planOf, settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const clock = new VirtualClock();
const now = clock.nowEpochMs();

function receive(parts: DeliveryParts, input: SettingsInput = {}): Received {
  const settings = settingsOf(input);
  const plans = new Map([['shop.add', planOf({}, settings)]]);
  const listener = { onStart: () => undefined, onEnd: () => undefined };
  return new Strategy({ plans, settings, judge: new Judge(settings, clock), listener, clock }).receive(
    taskDelivery(parts),
  );
}

function refusal(parts: DeliveryParts, input: SettingsInput = {}) {
  const received = receive(parts, input);
  assert.equal(received.kind, 'refused');
  if (received.kind !== 'refused') throw new Error('unreachable');
  const { disposal, result } = received.verdict;
  const death =
    disposal.kind === 'dead-letter' ? (disposal.headers.table[DEATH_HEADER] as unknown as DeathCertificate) : null;
  return { disposal, state: result?.state ?? null, reason: death?.reason ?? null, received };
}

test('a message of a known task becomes a request', () => {
  const received = receive({});
  assert.equal(received.kind, 'request');
  if (received.kind === 'request') assert.equal(received.request.machine.state, 'reserved');
});

test('W9 an unknown task is a dead letter and FAILURE', () => {
  const { reason, state } = refusal({ headers: { task: 'shop.nothing' } });
  assert.deepStrictEqual([reason, state], ['unknown-task', 'FAILURE']);
});

test('unreadable headers are a dead letter; nobody is known to wait for a result', () => {
  for (const headersJson of [
    '',
    '{"id":"x"}',
    '[1]',
    '{"task":"shop.add","id":7}',
    '{"task":"shop.add","id":"a","retries":-1}',
  ]) {
    const { reason, state } = refusal({ headersJson });
    assert.deepStrictEqual([reason, state], ['unreadable', null], headersJson);
  }
});

test('WIRE-29 content that is not accepted is refused before its body is looked at', () => {
  const { reason, state } = refusal({ properties: { contentType: 'application/x-python-serialize' } });
  assert.deepStrictEqual([reason, state], ['content-disallowed', 'FAILURE']);
});

test('a message delivered too often is given up, unless there is no cap', () => {
  assert.equal(receive({ deliveryCount: 2 }).kind, 'request');
  const { reason, state } = refusal({ deliveryCount: 3 });
  assert.deepStrictEqual([reason, state], ['too-many-deliveries', 'FAILURE']);
  assert.equal(receive({ deliveryCount: 99 }, { reliability: 'compat' }).kind, 'request');
});

test('WORK-23 an expired message is acknowledged and REVOKED', () => {
  const { disposal, state } = refusal({ headers: { expires: formatInstant(now - 1) } });
  assert.deepStrictEqual([disposal.kind, state], ['ack', 'REVOKED']);
  assert.equal(receive({ headers: { expires: formatInstant(now) } }).kind, 'request');
  assert.equal(refusal({ headers: { expires: formatInstant(now - 1), ignore_result: true } }).state, null);
});

test('a message before its time goes back until then, uncounted', () => {
  const { disposal, state } = refusal({ headers: { eta: formatInstant(now + 5_000) } });
  assert.deepStrictEqual(disposal, { kind: 'requeue', counts: false, delayMs: 5_000 });
  assert.equal(state, null);
  assert.equal(receive({ headers: { eta: formatInstant(now) } }).kind, 'request');
});

test('an expired message is not put off to its time', () => {
  const headers = { eta: formatInstant(now + 5_000), expires: formatInstant(now - 1) };
  assert.equal(refusal({ headers }).state, 'REVOKED');
});

test('a body that is no JSON is not the business of the host', () => {
  assert.equal(receive({ body: '\u0000garbage' }).kind, 'request');
});
