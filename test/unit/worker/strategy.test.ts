import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInstant } from '../../../core/protocol/iso-instant.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { DEATH_HEADER, type DeathCertificate } from '../../../core/worker/dead-letter.js';
import { Judge } from '../../../core/worker/judge.js';
import { RevokedTasks } from '../../../core/worker/revoked-tasks.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { Strategy, type Received } from '../../../core/worker/strategy.js';
import { taskDelivery, type DeliveryParts } from '../../support/task-delivery.js';
import { planOf, settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const clock = new VirtualClock();
const now = clock.nowEpochMs();

function strategyOf(input: SettingsInput = {}, options: TaskOptions = {}): Strategy {
  const settings = settingsOf(input);
  const plans = new Map([['shop.add', planOf(options, settings)]]);
  const listener = {
    onStart: () => undefined,
    onLateFailure: () => undefined,
    onSoftTimeLimit: () => undefined,
    onEnd: () => undefined,
  };
  const revoked = new RevokedTasks(settings, clock);
  revoked.add('revoked-id');
  revoked.addStamps({ tenant: 'acme' });
  return new Strategy({ plans, settings, judge: new Judge(settings, clock), revoked, guard: null, listener, clock });
}

function receive(parts: DeliveryParts, input: SettingsInput = {}): Received {
  return strategyOf(input).receive(taskDelivery(parts));
}

/** What becomes of a message that does not run. */
function refusal(parts: DeliveryParts, input: SettingsInput = {}, options: TaskOptions = {}) {
  const strategy = strategyOf(input, options);
  const received = strategy.receive(taskDelivery(parts));
  if (received.kind === 'request') throw new Error('it runs');
  const { disposal, result } = received.kind === 'refused' ? received.verdict : strategy.discard(received);
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
    const { disposal, state } = refusal({ headersJson });
    assert.deepStrictEqual([disposal.kind, state], ['dead-letter', null], headersJson);
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

test('a message before its time is a request whose time the admission waits for', () => {
  assert.equal(receive({ headers: { eta: formatInstant(now + 5_000) } }).kind, 'request');
});

test('M11 an ETA beyond the horizon and an absurd number of retries are dead letters', () => {
  const far = { headers: { eta: formatInstant(now + 31 * 86_400_000) } };
  assert.equal(refusal(far).reason, 'eta-too-far');
  assert.equal(receive(far, { taskMaxEtaMs: 40 * 86_400_000 }).kind, 'request');
  const tired = { headers: { retries: 101 } };
  assert.equal(refusal(tired).reason, 'too-many-retries');
  assert.equal(strategyOf({}, { maxRetries: 500 }).receive(taskDelivery(tired)).kind, 'request');
  assert.equal(strategyOf({}, { maxRetries: null }).receive(taskDelivery(tired)).kind, 'request');
});

test('M14 a body or headers beyond their bounds are dead letters before anything is read', () => {
  assert.equal(refusal({ body: 'x'.repeat(2_000) }, { messageMaxBytes: 1_024 }).reason, 'too-large');
  const big = { headers: { note: 'x'.repeat(2_000) } };
  assert.equal(refusal(big, { messageMaxHeaderBytes: 1_024 }).reason, 'too-large-headers');
});

test('WORK-60, WORK-62 a revoked id and a revoked stamp are REVOKED and acknowledged', () => {
  for (const headers of [
    { id: 'revoked-id' },
    { stamps: { tenant: 'acme' } },
    { stamps: { x: 1, tenant: ['b', 'acme'] } },
  ]) {
    const { disposal, state } = refusal({ headers });
    assert.deepStrictEqual([disposal.kind, state], ['ack', 'REVOKED']);
  }
  assert.equal(receive({ headers: { stamps: { tenant: 'other' } } }).kind, 'request');
});

test('WIRE-06 a message of protocol 1 becomes a request whose head and body are of protocol 2', () => {
  const body = JSON.stringify({ task: 'shop.add', id: 'v1', args: [2, 3], kwargs: {}, retries: 1 });
  const received = receive({ headersJson: '{}', body });
  assert.equal(received.kind, 'request');
  if (received.kind !== 'request') return;
  const { request } = received;
  assert.deepStrictEqual([request.message.id, request.message.retries], ['v1', 1]);
  const [args, kwargs] = JSON.parse(Buffer.from(request.body).toString()) as readonly unknown[];
  assert.deepStrictEqual([args, kwargs], [[2, 3], {}]);
  assert.ok(request.head.includes('"task":"shop.add"'));
  // What is settled is the delivery as it came.
  assert.equal(Buffer.from(request.delivery.body).toString(), body);
});

test('an expired message is not put off to its time', () => {
  const headers = { eta: formatInstant(now + 5_000), expires: formatInstant(now - 1) };
  assert.equal(refusal({ headers }).state, 'REVOKED');
});

test('a body that is no JSON is not the business of the host', () => {
  assert.equal(receive({ body: '\u0000garbage' }).kind, 'request');
});
