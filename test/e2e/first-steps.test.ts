/** The guide docs/guide/first-steps.md, done literally: its files written, its commands run. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { projectRoot } from '../support/project.js';

const run = promisify(execFile);
const guide = readFileSync(join(projectRoot, 'docs', 'guide', 'first-steps.md'), 'utf8');

/** name → text of the blocks that the guide marks with `<!-- file: name -->`. */
function filesOfGuide(): ReadonlyMap<string, string> {
  const blocks = guide.matchAll(/<!-- file: (\S+) -->\n```ts\n([\s\S]*?)```/g);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

describe('the first steps of the guide', { timeout: 120_000 }, () => {
  let folder = '';
  let worker: CeleriacProcess;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-guide-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(projectRoot, join(folder, 'node_modules', 'celeriac'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of filesOfGuide()) writeFileSync(join(folder, name), text);
    worker = new CeleriacProcess(['-A', './tasks.ts', 'worker', '-c', '2'], { cwd: folder });
    await worker.ready();
  });

  after(async () => {
    await worker.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('the client gets typed results, a delayed one and its own error class, and exits by itself', async () => {
    const tsx = join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');
    const { stdout } = await run(process.execPath, [tsx, 'main.ts'], { cwd: folder, timeout: 60_000 });
    const [sum, digest, label, refused] = stdout.trim().split('\n');
    assert.equal(sum, 'sum 5');
    assert.match(digest ?? '', /^digest [0-9a-f]{64}$/);
    assert.equal(label, 'label 64');
    assert.equal(refused, 'refused true no unicorn left');
  });

  it('the command line answers with the result and nothing else', async () => {
    const call = new CeleriacProcess(['-A', './tasks.ts', 'call', 'shop.add', '--args', '[2, 3]', '--wait'], {
      cwd: folder,
    });
    assert.deepEqual(await call.end, { code: 0, signal: null });
    assert.equal(call.stdout, '5\n');
    assert.ok(guide.includes("call shop.add --args '[2, 3]' --wait"));
  });

  it('Ctrl-C lets the worker end', async () => {
    const { signal } = await worker.kill('SIGTERM');
    assert.equal(signal, null);
  });
});
