/** The quick start as a process, stopped in the middle: no process, no folder and no half-written file is left. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { distRoot } from '../support/project.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the quick start', { timeout: 120_000 }, () => {
  it('Ctrl-C leaves nothing running and nothing half-written', async () => {
    const folder = await temporaryFolder();
    const child = spawn(process.execPath, [join(distRoot, 'examples', 'quickstart', 'main.js')], {
      env: { ...process.env, TMPDIR: folder.path, QUICKSTART_OUTPUT: folder.path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    const errors = createInterface({ input: child.stderr });
    const complaints: string[] = [];
    errors.on('line', (line) => complaints.push(line));
    let workerPid = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      workerPid ||= Number(/^worker (\d+) is ready/.exec(line)?.[1] ?? 0);
      if (/^ +\d+ %/.test(line)) break;
    }
    assert.ok(isAlive(workerPid), 'the worker is a process of its own');
    child.kill('SIGINT');
    const [code] = (await ended) as [number | null];
    assert.equal(code, 130);
    assert.deepEqual(
      complaints.filter((line) => line !== ''),
      ['stopped by SIGINT; nothing is left behind'],
    );
    assert.equal(isAlive(workerPid), false);
    assert.deepEqual(readdirSync(folder.path), []);
    await folder.remove();
  });
});
