import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { ConfigError, TransportError } from '../../../core/kernel/errors.js';
import { armFailpoints, FAILPOINTS, failpoints } from '../../../core/kernel/failpoint.js';
import { projectRoot } from '../../support/project.js';

/** Which of the first `count` times at the point `ringReserved` something happens. */
function strikes(text: string, { count = 1_000, salt = 0 } = {}): readonly number[] {
  armFailpoints(text, salt);
  const times: number[] = [];
  for (let n = 1; n <= count; n++) {
    try {
      failpoints?.reach('ringReserved');
    } catch {
      times.push(n);
    }
  }
  return times;
}

function sourcesOf(...rooms: readonly string[]): readonly string[] {
  return rooms.flatMap((room) =>
    readdirSync(join(projectRoot, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== join('kernel', 'failpoint.ts'))
      .map((name) => readFileSync(join(projectRoot, room, name), 'utf8')),
  );
}

describe('failpoints', () => {
  afterEach(() => {
    armFailpoints(undefined);
  });

  it('are null until they are armed, and again when they are disarmed', () => {
    assert.equal(failpoints, null);
    armFailpoints('ringReserved:throw');
    assert.notEqual(failpoints, null);
    armFailpoints('');
    assert.equal(failpoints, null);
  });

  it('throw an error that may be tried again', () => {
    armFailpoints('ringReserved:throw');
    assert.throws(() => failpoints?.reach('ringReserved'), TransportError);
  });

  it('strike at the named point only', () => {
    armFailpoints('ringReserved:throw, ringCommitted:throw:#2');
    failpoints?.reach('afterBodyBeforeResult');
    failpoints?.reach('ringCommitted');
    assert.throws(() => failpoints?.reach('ringCommitted'), /failpoint ringCommitted/);
  });

  it('strike the N-th time, once', () => {
    assert.deepEqual(strikes('ringReserved:throw:#7'), [7]);
  });

  it('strike about one time in N, the same times for the same seed and salt', () => {
    const times = strikes('ringReserved:throw:1/10@42');
    assert.ok(times.length > 60 && times.length < 150, `${String(times.length)} of 1000`);
    assert.deepEqual(strikes('ringReserved:throw:1/10@42'), times);
    assert.notDeepEqual(strikes('ringReserved:throw:1/10@43'), times);
    assert.notDeepEqual(strikes('ringReserved:throw:1/10@42', { salt: 1 }), times);
  });

  it('delay blocks the thread for its milliseconds', () => {
    armFailpoints('ringReserved:delay=30');
    const startedMs = performance.now();
    failpoints?.reach('ringReserved');
    assert.ok(performance.now() - startedMs >= 29);
  });

  for (const text of [
    'nowhere:kill',
    'ringReserved',
    'ringReserved:explode',
    'ringReserved:kill:1/0',
    'ringReserved:delay',
  ]) {
    it(`refuse "${text}"`, () => {
      assert.throws(() => {
        armFailpoints(text);
      }, ConfigError);
    });
  }

  it('stand in the code, each at one place or more', () => {
    const sources = sourcesOf('core', 'pools', 'clients').join('\n');
    for (const name of FAILPOINTS)
      assert.ok(sources.includes(`failpoints?.reach('${name}')`), `${name} stands nowhere`);
  });
});
