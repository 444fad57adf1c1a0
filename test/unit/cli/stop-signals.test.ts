import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StopSignals } from '../../../cli/stop-signals.js';

function stagesOf(...names: readonly NodeJS.Signals[]): readonly string[] {
  const signals = new StopSignals();
  return names.map((name) => signals.receive(name));
}

describe('signals of a worker', () => {
  it('WORK-70, WORK-71 each signal is a stage harder than the one before', () => {
    assert.deepEqual(stagesOf('SIGTERM', 'SIGTERM', 'SIGTERM', 'SIGTERM'), ['warm', 'cold', 'now', 'now']);
    assert.deepEqual(stagesOf('SIGINT', 'SIGTERM', 'SIGINT'), ['warm', 'cold', 'now']);
  });

  it('WORK-72 SIGQUIT begins cold', () => {
    assert.deepEqual(stagesOf('SIGQUIT', 'SIGQUIT'), ['cold', 'now']);
    assert.deepEqual(stagesOf('SIGTERM', 'SIGQUIT'), ['warm', 'cold']);
  });
});
