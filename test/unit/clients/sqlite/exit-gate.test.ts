/** The gate that keeps the end of a process from falling into a call of libsql. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ExitGate } from '../../../../clients/sqlite/exit-gate.js';
import { distRoot } from '../../../support/project.js';

describe('exit gate', { timeout: 60_000 }, () => {
  it('lets work pass until it is shut, and nothing after', () => {
    const host = new ExitGate();
    const thread = new ExitGate(host.shared);
    const done: string[] = [];
    thread.pass(() => done.push('first'));
    assert.throws(() => {
      thread.pass(() => {
        throw new Error('of the work');
      });
    }, /of the work/);
    host.shut(10_000);
    thread.pass(() => done.push('late'));
    assert.deepEqual(done, ['first']);
  });

  it('process.exit() waits for the thread that is inside, which then has done its work', async () => {
    const program = join(distRoot, 'test', 'support', 'exit-gate-program.js');
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(output, 'outside at exit: true\n');
  });
});
