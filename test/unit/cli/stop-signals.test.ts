import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StopSignals } from '../../../cli/stop-signals.js';

function stagesOf(
  names: readonly NodeJS.Signals[],
  options: { readonly isSoft?: boolean; readonly environment?: Readonly<Record<string, string>> } = {},
): readonly (string | null)[] {
  const signals = new StopSignals(options.environment);
  return names.map((name) => signals.receive(name, options.isSoft));
}

describe('signals of a worker', () => {
  it('WORK-70 SIGTERM is warm, and again it changes nothing', () => {
    assert.deepEqual(stagesOf(['SIGTERM', 'SIGTERM', 'SIGTERM']), ['warm', null, null]);
    assert.deepEqual(stagesOf(['SIGINT', 'SIGTERM']), ['warm', null]);
  });

  it('WORK-71 SIGINT is warm, then cold, then the end', () => {
    assert.deepEqual(stagesOf(['SIGINT', 'SIGINT', 'SIGINT', 'SIGINT']), ['warm', 'cold', 'now', 'now']);
    assert.deepEqual(stagesOf(['SIGTERM', 'SIGINT']), ['warm', 'cold']);
  });

  it('WORK-72 SIGQUIT begins cold, and SIGTERM after it changes nothing', () => {
    assert.deepEqual(stagesOf(['SIGQUIT', 'SIGTERM', 'SIGQUIT']), ['cold', null, 'now']);
    assert.deepEqual(stagesOf(['SIGTERM', 'SIGQUIT']), ['warm', 'cold']);
  });

  it('WORK-74 while tasks have their last time a signal ends them, the next one the process', () => {
    assert.deepEqual(stagesOf(['SIGQUIT', 'SIGINT', 'SIGQUIT'], { isSoft: true }), ['cold', 'cancel', 'now']);
  });

  it('ENV-09 REMAP_SIGTERM=SIGQUIT makes SIGTERM cold, other values nothing', () => {
    const remapped = { environment: { REMAP_SIGTERM: 'SIGQUIT' } };
    assert.deepEqual(stagesOf(['SIGTERM', 'SIGTERM'], remapped), ['cold', 'now']);
    assert.deepEqual(stagesOf(['SIGTERM'], { environment: { REMAP_SIGTERM: 'SIGINT' } }), ['warm']);
  });

  it('WORK-77 SIGHUP restarts, but not what is stopping already; then it can still be hurried', () => {
    assert.deepEqual(stagesOf(['SIGHUP', 'SIGHUP', 'SIGQUIT']), ['restart', null, 'cold']);
    assert.deepEqual(stagesOf(['SIGTERM', 'SIGHUP']), ['warm', null]);
  });
});
