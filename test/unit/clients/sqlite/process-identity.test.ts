import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { isGone, ownIdentity } from '../../../../clients/sqlite/process-identity.js';

describe('process identity', () => {
  const self = ownIdentity();

  test('a living process is not gone', () => {
    assert.equal(isGone(self, self), false);
  });

  test('a process that has ended is gone', () => {
    const ended = spawnSync(process.execPath, ['-e', '']);
    assert.equal(isGone({ ...self, pid: ended.pid, started: '1' }, self), true);
  });

  test(
    'a living process with another start time has only inherited the number',
    { skip: process.platform !== 'linux' && 'start times are read from /proc' },
    () => {
      assert.equal(isGone({ ...self, started: `${self.started}0` }, self), true);
    },
  );

  test('nothing is concluded about another machine, boot or pid namespace', () => {
    assert.equal(isGone({ ...self, pid: 999_999_999, boot: 'another' }, self), false);
    assert.equal(isGone({ ...self, pid: 999_999_999, namespace: 'another' }, self), false);
  });
});
