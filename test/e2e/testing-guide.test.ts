/** The guide docs/guide/testing.md: its tests are run, and the configurations that it shows are those of the fixtures. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { fixture, projectRoot } from '../support/project.js';

const execute = promisify(execFile);
const guide = readFileSync(join(projectRoot, 'docs', 'guide', 'testing.md'), 'utf8');

/** name → text of the blocks that the guide marks with `<!-- kind: name -->`. */
function blocksOfGuide(kind: 'file' | 'same'): ReadonlyMap<string, string> {
  const blocks = guide.matchAll(new RegExp(`<!-- ${kind}: (\\S+) -->\\n\`\`\`\\w+\\n([^]*?)\`\`\``, 'g'));
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

describe('the guide to testing', { timeout: 120_000 }, () => {
  const files = blocksOfGuide('file');
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-testing-guide-'));
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
    symlinkSync(projectRoot, join(folder, 'node_modules', 'celeriac'));
    symlinkSync(join(projectRoot, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('its tests pass and end by themselves', async () => {
    const tests = [...files.keys()].filter((name) => name.endsWith('.test.ts'));
    assert.deepEqual(tests.sort(), ['inline.test.ts', 'sign-up.test.ts', 'tasks.test.ts', 'waiting.test.ts']);
    const tsx = join(projectRoot, 'node_modules', 'tsx', 'dist', 'loader.mjs');
    const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
    const args = ['--import', tsx, '--test', '--test-reporter', 'tap', ...tests];
    const { stdout } = await execute(process.execPath, args, { cwd: folder, env, timeout: 60_000 });
    assert.match(stdout, /^# pass 8\n# fail 0\n# cancelled 0$/m);
  });

  it('its code has the right types', async () => {
    const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
    const libs = ['--lib', 'es2022,esnext.disposable', '--types', 'node'];
    await execute(process.execPath, [tsc, ...options, ...libs, ...files.keys()], { cwd: folder, timeout: 60_000 });
  });

  it('the configurations that it shows are those that were tried', () => {
    const shown = blocksOfGuide('same');
    assert.deepEqual([...shown.keys()], ['jest-esm/jest.config.js']);
    for (const [name, text] of shown) assert.equal(text, readFileSync(fixture('runners', name), 'utf8'));
  });
});
