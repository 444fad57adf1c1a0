import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TerminatedError, TimeLimitExceeded, WorkerLostError } from '../../../core/kernel/errors.js';
import { decodeResultDocument } from '../../../core/protocol/result-document.js';
import { decodeTaskHeaders } from '../../../core/protocol/task-message.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { HeadWriter } from '../../../core/task/delivery-info.js';
import { decodeOutcome, OutcomeKind } from '../../../core/task/outcome-record.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { Judge } from '../../../core/worker/judge.js';
import { Request, type RunEnd } from '../../../core/worker/request.js';
import type { Verdict } from '../../../core/worker/verdict.js';
import { taskDelivery } from '../../support/task-delivery.js';
import { outcomeOf, planOf, settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const listener = {
  onStart: () => undefined,
  onLateFailure: () => undefined,
  onSoftTimeLimit: () => undefined,
  onEnd: () => undefined,
};
const BOTH = [true, false] as const;
const PROFILES = ['safe', 'compat'] as const;

interface Situation {
  readonly settings?: SettingsInput;
  readonly options?: TaskOptions;
  readonly deliveryCount?: number;
  readonly isAcked?: boolean;
  readonly terminatedBy?: string | null;
}

function judge(end: RunEnd, situation: Situation): Verdict {
  const { settings, options = {}, deliveryCount = 0, isAcked = false, terminatedBy = null } = situation;
  const resolved = settingsOf(settings);
  const delivery = taskDelivery({ deliveryCount });
  const message = decodeTaskHeaders(delivery.headers, delivery.properties);
  const request = new Request(delivery, message, {
    plan: planOf(options, resolved),
    listener,
    heads: new HeadWriter(),
  });
  request.isAcked = isAcked;
  request.terminatedBy = terminatedBy;
  return new Judge(resolved, new VirtualClock()).judge(request, end);
}

function outcome(kind: OutcomeKind, document = '{"status":"X"}', successorIds: readonly string[] = []): RunEnd {
  return {
    kind: 'outcome',
    outcome: kind,
    parts: decodeOutcome(outcomeOf({ document, note: 'why\nstack', successorIds })),
  };
}

const lost: RunEnd = { kind: 'lost', error: new WorkerLostError('member 0 is gone') };
const late: RunEnd = { kind: 'time-limit', error: new TimeLimitExceeded(3) };

/** `settlement STATE` of one cell; `-` where no state is stored, `none` where nothing is left to settle. */
type Cell = `${'ack' | 'dead-letter' | 'requeue' | 'requeue+1' | 'none'} ${string}`;

interface Row {
  readonly end: RunEnd;
  /** The option that chooses between `late` and `lateOff`. */
  readonly option: 'acksOnFailure' | 'acksOnTimeout' | 'rejectOnWorkerLost' | null;
  readonly late: Cell;
  readonly lateOff: Cell;
  readonly early: Cell;
  readonly settings?: SettingsInput;
  readonly terminatedBy?: string;
}

/** ACK-02, cell by cell; `requeue+1` counts towards the crash cap. */
const MATRIX: Readonly<Record<string, Row>> = {
  success: {
    end: outcome(OutcomeKind.SUCCESS),
    option: null,
    late: 'ack SUCCESS',
    lateOff: 'ack SUCCESS',
    early: 'none SUCCESS',
  },
  // A soft limit that the task does not catch is this, too.
  failure: {
    end: outcome(OutcomeKind.FAILURE),
    option: 'acksOnFailure',
    late: 'ack FAILURE',
    lateOff: 'dead-letter FAILURE',
    early: 'none FAILURE',
  },
  retry: {
    end: outcome(OutcomeKind.RETRY),
    option: null,
    late: 'ack RETRY',
    lateOff: 'ack RETRY',
    early: 'none RETRY',
  },
  ignored: { end: outcome(OutcomeKind.IGNORED, ''), option: null, late: 'ack -', lateOff: 'ack -', early: 'none -' },
  rejected: {
    end: outcome(OutcomeKind.REJECTED),
    option: 'acksOnFailure',
    late: 'dead-letter FAILURE',
    lateOff: 'dead-letter FAILURE',
    early: 'none FAILURE',
  },
  'rejected with requeue': {
    end: outcome(OutcomeKind.REQUEUED),
    option: 'acksOnFailure',
    late: 'requeue -',
    lateOff: 'requeue -',
    early: 'none -',
  },
  unreadable: {
    end: outcome(OutcomeKind.UNREADABLE),
    option: 'acksOnFailure',
    late: 'dead-letter FAILURE',
    lateOff: 'dead-letter FAILURE',
    early: 'none FAILURE',
    settings: { workerOnDecodeError: 'reject' },
  },
  'unreadable, dropped': {
    end: outcome(OutcomeKind.UNREADABLE),
    option: null,
    late: 'ack FAILURE',
    lateOff: 'ack FAILURE',
    early: 'none FAILURE',
    settings: { workerOnDecodeError: 'ack' },
  },
  'hard timeout': {
    end: { kind: 'time-limit', error: new TimeLimitExceeded(3) },
    option: 'acksOnTimeout',
    late: 'ack FAILURE',
    lateOff: 'requeue+1 -',
    early: 'none FAILURE',
  },
  lost: {
    end: { kind: 'lost', error: new WorkerLostError('member 0 is gone') },
    option: 'rejectOnWorkerLost',
    late: 'requeue+1 -',
    lateOff: 'ack FAILURE',
    early: 'none FAILURE',
  },
  revoked: {
    end: { kind: 'terminated', error: new TerminatedError('terminated'), started: true },
    option: null,
    late: 'ack REVOKED',
    lateOff: 'ack REVOKED',
    early: 'none REVOKED',
    terminatedBy: 'SIGTERM',
  },
};

/** What differs between the profiles: an acknowledged task that the end of the worker stops (BUG-28). */
const STOPPED: Readonly<Record<'safe' | 'compat', Row>> = {
  safe: { end: stopped(), option: null, late: 'requeue -', lateOff: 'requeue -', early: 'none FAILURE' },
  compat: { end: stopped(), option: null, late: 'requeue -', lateOff: 'requeue -', early: 'none RETRY' },
};

function stopped(): RunEnd {
  return { kind: 'terminated', error: new TerminatedError('the pool closes'), started: true };
}

function cell(
  { end, option, settings, terminatedBy }: Row,
  reliability: 'safe' | 'compat',
  column: 'late' | 'lateOff' | 'early',
): string {
  const options = { acksLate: column !== 'early', ...(option === null ? {} : { [option]: column !== 'lateOff' }) };
  const { disposal, result } = judge(end, {
    settings: { reliability, ...settings },
    options,
    isAcked: column === 'early',
    terminatedBy: terminatedBy ?? null,
  });
  const counts = disposal.kind === 'requeue' && disposal.counts ? '+1' : '';
  return `${disposal.kind}${counts} ${result?.state ?? '-'}`;
}

for (const reliability of PROFILES) {
  for (const [name, row] of Object.entries({ ...MATRIX, stopped: STOPPED[reliability] })) {
    test(`ACK-02 ${reliability}: ${name}, late with the option on and off, and early`, () => {
      for (const column of ['late', 'lateOff', 'early'] as const) {
        assert.equal(cell(row, reliability, column), row[column], column);
      }
    });
  }
}

test('an outcome without a document stores nothing', () => {
  assert.equal(judge(outcome(OutcomeKind.SUCCESS, ''), {}).result, null);
});

test('the retry message is a successor', () => {
  const { successors } = judge(outcome(OutcomeKind.RETRY, '', ['again']), {});
  assert.deepStrictEqual(
    successors.map(({ headers }) => headers.table['id']),
    ['again'],
  );
});

test('BUG-07 an unreadable body that was acknowledged at its start is kept as a copy among the dead', () => {
  const end = outcome(OutcomeKind.UNREADABLE);
  const options = { acksLate: false };
  const { successors, result, fallback } = judge(end, { options, isAcked: true });
  assert.deepStrictEqual(
    successors.map(({ exchange, routingKey, headers }) => [exchange, routingKey, Object.keys(headers.table).at(-1)]),
    [['', 'celery.dead', 'celeriac-dead']],
  );
  assert.equal(result?.state, 'FAILURE');
  assert.equal(fallback?.(new Error('refused')).result, result);
  const dropped = judge(end, { options, isAcked: true, settings: { workerOnDecodeError: 'ack' } });
  assert.deepStrictEqual([dropped.successors, dropped.result?.state], [[], 'FAILURE']);
});

test('RETRY-07 a retry that is refused for good is FAILURE and a dead letter', () => {
  const end = outcome(OutcomeKind.RETRY, '{"status":"RETRY"}', ['again']);
  const fallback = judge(end, {}).fallback?.(new Error('no such exchange'));
  assert.equal(fallback?.disposal.kind, 'dead-letter');
  assert.equal(fallback?.result?.state, 'FAILURE');
  assert.equal(judge(end, { isAcked: true }).fallback?.(new Error('no'))?.disposal.kind, 'none');
});

test('ACK-03 a lost member: delivered again up to the cap in safe, FAILURE and ack in compat', () => {
  for (const deliveryCount of [0, 1]) {
    const { disposal, result } = judge(lost, { deliveryCount });
    assert.deepStrictEqual(disposal, { kind: 'requeue', counts: true, delayMs: 0 });
    assert.equal(result, null);
  }
  const last = judge(lost, { deliveryCount: 2 });
  assert.equal(last.disposal.kind, 'dead-letter');
  assert.equal(last.result?.state, 'FAILURE');
  const compat = judge(lost, { settings: { reliability: 'compat' }, options: { acksLate: true } });
  assert.equal(compat.disposal.kind, 'ack');
  assert.equal(compat.result?.state, 'FAILURE');
});

test('ACK-03 a lost member that does not requeue follows acksOnFailure', () => {
  for (const acksOnFailure of BOTH) {
    const { disposal, result } = judge(lost, { options: { rejectOnWorkerLost: false, acksOnFailure } });
    assert.equal(disposal.kind, acksOnFailure ? 'ack' : 'dead-letter');
    assert.equal(result?.state, 'FAILURE');
  }
});

test('ACK-03 without a cap a lost member is delivered again for ever', () => {
  const settings = { workerMaxDeliveries: null };
  assert.equal(judge(lost, { settings, deliveryCount: 99 }).disposal.kind, 'requeue');
});

test('ACK-04 an acknowledged task whose member is lost is FAILURE, and nothing is settled', () => {
  const { disposal, result } = judge(lost, { isAcked: true, options: { acksLate: false } });
  assert.equal(disposal.kind, 'none');
  const document = decodeResultDocument(result?.document ?? '');
  assert.equal(document.status, 'FAILURE');
  assert.deepStrictEqual((document.result as { exc_type: string }).exc_type, 'WorkerLostError');
});

test('ACK-02 a hard limit: FAILURE and ack, or delivered again', () => {
  assert.equal(judge(late, {}).disposal.kind, 'ack');
  assert.equal(judge(late, {}).result?.state, 'FAILURE');
  const again = judge(late, { options: { acksOnTimeout: false } });
  assert.deepStrictEqual(again.disposal, { kind: 'requeue', counts: true, delayMs: 0 });
  assert.equal(again.result, null);
  assert.equal(judge(late, { isAcked: true, options: { acksOnTimeout: false } }).disposal.kind, 'none');
});

test('W3 what the end of the worker stops goes back uncounted; once acknowledged it is FAILURE', () => {
  for (const started of BOTH) {
    const end: RunEnd = { kind: 'terminated', error: new TerminatedError('stop'), started };
    assert.deepStrictEqual(judge(end, {}).disposal, { kind: 'requeue', counts: false, delayMs: 0 });
    const acked = judge(end, { isAcked: true });
    assert.equal(acked.disposal.kind, 'none');
    assert.equal(acked.result?.state, 'FAILURE');
  }
});

test('results that are ignored are not stored for runs that could not speak', () => {
  assert.equal(judge(late, { options: { ignoreResult: true } }).result, null);
});

test('ACK-05 a task that asks to be delivered again does not count towards the crash cap', () => {
  const end: RunEnd = {
    kind: 'outcome',
    outcome: OutcomeKind.REQUEUED,
    parts: decodeOutcome(outcomeOf({ note: 'not now' })),
  };
  assert.deepStrictEqual(judge(end, {}).disposal, { kind: 'requeue', counts: false, delayMs: 0 });
});
