import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TerminatedError, TimeLimitExceeded, WorkerLostError } from '../../../../core/kernel/errors.js';
import { OutcomeKind } from '../../../../core/task/outcome-record.js';
import { RUN_ENDS, TaskTallies } from '../../../../core/worker/metrics/task-tallies.js';
import type { RunEnd } from '../../../../core/worker/request.js';

function outcome(kind: OutcomeKind, runtimeUs = 0): RunEnd {
  const parts = { runtimeUs, document: new Uint8Array(0), note: '', successors: [], isExpected: false };
  return { kind: 'outcome', outcome: kind, parts };
}

const SILENT: readonly RunEnd[] = [
  { kind: 'lost', error: new WorkerLostError('gone') },
  { kind: 'time-limit', error: new TimeLimitExceeded(1) },
  { kind: 'terminated', error: new TerminatedError('x'), started: true },
];

describe('what a worker counts of its tasks', () => {
  it('knows every way in which a run ends', () => {
    const tallies = new TaskTallies();
    for (const kind of Object.values(OutcomeKind)) tallies.ended('t', outcome(kind), 0);
    for (const end of SILENT) tallies.ended('t', end, 0);
    const [[task, { ends }] = ['', { ends: {} }]] = [...tallies.entries()];
    assert.equal(task, 't');
    assert.deepEqual(ends, Object.fromEntries(RUN_ENDS.map((name) => [name, 1])));
  });

  it('takes the run off the time since the task could run', () => {
    const tallies = new TaskTallies();
    tallies.ended('t', outcome(OutcomeKind.SUCCESS, 200_000), 1_200);
    const [[, { waits, runs }] = assert.fail()] = [...tallies.entries()];
    assert.equal(waits.distribution({}).sum, 1);
    assert.equal(runs.distribution({}).sum, 0.2);
  });

  it('counts no run time of a run of which nobody has told', () => {
    const tallies = new TaskTallies();
    for (const end of SILENT) tallies.ended('t', end, 5_000);
    const [[, { waits, runs }] = assert.fail()] = [...tallies.entries()];
    assert.equal(waits.distribution({}).sum + runs.distribution({}).sum, 0);
  });

  it('keeps a thousand names and counts the others together', () => {
    const tallies = new TaskTallies();
    for (let i = 0; i < 1_500; i++) tallies.ended(`t${String(i)}`, outcome(OutcomeKind.SUCCESS), 0);
    const all = new Map(tallies.entries());
    assert.equal(all.size, 1_001);
    assert.equal(all.get('other')?.ends.success, 500);
  });
});
