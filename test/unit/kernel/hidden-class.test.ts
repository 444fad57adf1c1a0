/** That a process which was idle has its optimized code still: V8 itself tells what it throws away. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { distRoot } from '../../support/project.js';

/** Where a call of a pool and a task of a worker and its client spend their time. */
const HOT = [
  'RunJob',
  'Request',
  'TaskMessage',
  'AsyncResult',
  'ResultWait',
  'StoredMeta',
  'submit',
  'writeTask',
  'settle',
];
const LOST = /SharedFunctionInfo ([^>]+)>.* weak objects/;

describe('hidden classes that are kept', { timeout: 120_000 }, () => {
  it('what was optimized for them outlives a garbage collection while nothing runs', () => {
    const program = join(distRoot, 'test', 'support', 'idle-program.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--trace-deopt', program], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: 100_000,
    });
    assert.equal(status, 0, stderr);
    const lostIn = (text: string): readonly string[] => text.split('\n').flatMap((line) => LOST.exec(line)?.[1] ?? []);
    assert.ok(lostIn(stdout).includes('Unkept'), `V8 tells of it: ${lostIn(stdout).join(', ')}`);
    const lost = lostIn(stdout.slice(stdout.indexOf('\nidle: second'), stdout.indexOf('\nwas idle: second')));
    assert.deepEqual(
      HOT.filter((name) => lost.includes(name)),
      [],
    );
  });
});
