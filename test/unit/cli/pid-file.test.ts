import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writePidFile } from '../../../cli/pid-file.js';

describe('a pid file', () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-pid-'));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds the process id until it is removed', () => {
    const path = join(folder, 'worker.pid');
    const file = writePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), `${String(process.pid)}\n`);
    assert.ok('remove' in file);
    file.remove();
    assert.ok(!existsSync(path));
  });

  it('is not written through a link that waits under its name for a while', () => {
    const [path, precious] = [join(folder, 'trapped.pid'), join(folder, 'precious')];
    writeFileSync(precious, 'mine');
    symlinkSync(precious, `${path}.${String(process.pid)}`);
    assert.ok('remove' in writePidFile(path));
    assert.equal(readFileSync(precious, 'utf8'), 'mine');
    assert.equal(readFileSync(path, 'utf8'), `${String(process.pid)}\n`);
  });

  it('is refused where it belongs to a process that lives, and taken over from one that does not', () => {
    const path = join(folder, 'taken.pid');
    writeFileSync(path, `${String(process.ppid)}\n`);
    assert.match((writePidFile(path) as { problem: string }).problem, /which runs/);
    writeFileSync(path, '4194304\n');
    assert.ok('remove' in writePidFile(path));
  });
});
