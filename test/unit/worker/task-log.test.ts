import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import type { Request, RunEnd } from '../../../core/worker/request.js';
import { TaskLog } from '../../../core/worker/task-log.js';

function linesOf(outcome: OutcomeKind, note = ''): readonly string[] {
  const lines: string[] = [];
  const write = (_fields: object, line: string): void => void lines.push(line);
  const logger = { isLevelEnabled: () => true, debug: write, info: write, warn: write, error: write };
  const request = { message: { id: 'an-id', task: 'shop.add' } };
  const end = { kind: 'outcome', outcome, parts: { runtimeUs: 15_000, note, isExpected: false } };
  new TaskLog(logger).ended(request as unknown as Request, end as unknown as RunEnd);
  return lines;
}

test('the time of a run that is retried does not read as its delay', () => {
  const expected = 'task shop.add[an-id] will be retried after a run of 0.015 s: Error: no answer';
  assert.deepEqual(linesOf(OutcomeKind.RETRY, 'Error: no answer'), [expected]);
  assert.deepEqual(linesOf(OutcomeKind.SUCCESS, '5'), ['task shop.add[an-id] succeeded in 0.015 s: 5']);
});
