import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConfigError,
  InvariantError,
  TerminatedError,
  TimeLimitExceeded,
  WorkerLostError,
} from '../../../core/kernel/errors.js';
import { decodeTaskHeaders } from '../../../core/protocol/task-message.js';
import { HeadReader, HeadWriter } from '../../../core/task/delivery-info.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { Request, type RunEnd } from '../../../core/worker/request.js';
import { changedLimits } from '../../../core/worker/task-limits.js';
import { member } from '../../support/fake-pool.js';
import { taskDelivery, type DeliveryParts } from '../../support/task-delivery.js';
import { outcomeOf, planOf, settingsOf } from '../../support/task-plan.js';

function createRequest(parts: DeliveryParts = {}, options: TaskOptions = {}) {
  const delivery = taskDelivery(parts);
  const ends: RunEnd[] = [];
  const softLimits: number[] = [];
  const late: string[] = [];
  let starts = 0;
  const listener = {
    onStart: () => starts++,
    onLateFailure: (_request: Request, note: string) => late.push(note),
    onSoftTimeLimit: (_request: Request, limitMs: number) => softLimits.push(limitMs),
    onEnd: (_request: Request, end: RunEnd) => ends.push(end),
  };
  const message = decodeTaskHeaders(delivery.headers, delivery.properties);
  const plan = planOf(options);
  const request = new Request(delivery, message, { plan, listener, heads: new HeadWriter() });
  return { request, plan, ends, softLimits, late, starts: () => starts };
}

test('a run is heard of from start to end', () => {
  const { request, ends, starts } = createRequest();
  request.machine.to('dispatched');
  request.onAccepted(member);
  assert.equal(starts(), 1);
  request.onOutcome(OutcomeKind.SUCCESS, outcomeOf({ document: '{}' }));
  assert.equal(request.machine.state, 'settling');
  assert.equal(ends[0]?.kind, 'outcome');
});

test('each end of a run is told once: a second one is a bug that is named', () => {
  const seconds = 3;
  const tells: ((request: Request) => void)[] = [
    (request) => {
      request.onOutcome(OutcomeKind.SUCCESS, outcomeOf());
    },
    (request) => {
      request.onLost(new WorkerLostError('gone'));
    },
    (request) => {
      request.onTimeLimit(new TimeLimitExceeded(seconds));
    },
    (request) => {
      request.onTerminated(new TerminatedError('stop'), true);
    },
  ];
  for (const first of tells) {
    for (const second of tells) {
      const { request, ends } = createRequest();
      request.machine.to('dispatched');
      first(request);
      assert.throws(() => {
        second(request);
      }, InvariantError);
      assert.equal(ends.length, 1);
    }
  }
});

test('a request that no member has cannot end', () => {
  const { request } = createRequest();
  assert.throws(() => {
    request.onAccepted(member);
  }, InvariantError);
});

test('limits of the message stand above those of the task, in ms; 0 is none', () => {
  const { request } = createRequest({ headers: { timelimit: [2, null] } }, { timeLimit: 9, softTimeLimit: 4 });
  assert.equal(request.timeLimitMs, 2_000);
  assert.equal(request.softTimeLimitMs, 4_000);
  assert.equal(createRequest({}, { timeLimit: 0 }).request.timeLimitMs, null);
});

test('the start is asked for only where it matters', () => {
  assert.equal(createRequest().request.wantsAccepted, false);
  assert.equal(createRequest({}, { acksLate: false }).request.wantsAccepted, true);
  assert.equal(createRequest({}, { trackStarted: true }).request.wantsAccepted, true);
});

test('the head carries the delivery and the headers as they came', () => {
  const { request } = createRequest({ headersJson: '{"task":"shop.add",  "id":"id-1"}', deliveryCount: 2 });
  const { info, headersJson } = new HeadReader().read(request.head);
  assert.equal(headersJson, '{"task":"shop.add",  "id":"id-1"}');
  assert.equal(info.deliveryCount, 2);
  assert.equal(info.properties.contentType, 'application/json');
});

test('limits are those of the message, of the task, and what they are changed to before the pool has the request', () => {
  const ownLimits = createRequest({ headers: { timelimit: [2, 1] } }, { timeLimit: 30, softTimeLimit: 20 }).request;
  assert.deepEqual([ownLimits.timeLimitMs, ownLimits.softTimeLimitMs], [2_000, 1_000]);
  const half = createRequest({ headers: { timelimit: [0, null] } }, { timeLimit: 30, softTimeLimit: 20 });
  half.plan.limits = changedLimits({ hard: 9 }, settingsOf());
  assert.deepEqual([half.request.timeLimitMs, half.request.softTimeLimitMs], [9_000, null]);
  half.plan.limits = changedLimits({ hard: 1, soft: 1 }, settingsOf());
  assert.deepEqual([half.request.timeLimitMs, half.request.softTimeLimitMs], [9_000, null]);
});

test('a soft limit that has passed is told with its length', () => {
  const { request, softLimits } = createRequest({}, { softTimeLimit: 1.5 });
  request.onSoftTimeLimit();
  assert.deepEqual(softLimits, [1_500]);
});

test('changed limits fall back to the settings, and nonsense is refused', () => {
  const settings = settingsOf({ taskTimeLimit: 60, taskSoftTimeLimit: 50 });
  assert.deepEqual(changedLimits({}, settings), { timeLimitSeconds: 60, softTimeLimitSeconds: 50 });
  assert.deepEqual(changedLimits({ hard: 0, soft: 7 }, settings), { timeLimitSeconds: 60, softTimeLimitSeconds: 7 });
  for (const hard of [-1, NaN, Infinity]) assert.throws(() => changedLimits({ hard }, settings), ConfigError);
  assert.throws(() => changedLimits({ hard: 1, soft: 2 }, settings), /TASK-13/);
});

test('a run that fails after it was given up is told for the log, and changes nothing', () => {
  const { request, ends, late } = createRequest();
  request.machine.to('dispatched');
  request.onTimeLimit(new TimeLimitExceeded(1));
  request.onLateEnd(OutcomeKind.SUCCESS, outcomeOf());
  request.onLateEnd(OutcomeKind.FAILURE, outcomeOf({ note: 'RangeError: too late' }));
  assert.deepEqual(late, ['RangeError: too late']);
  assert.equal(ends.length, 1);
});
