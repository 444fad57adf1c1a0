/**
 * The package as `npm pack` makes it, installed elsewhere on the disk and used from an ES module, a CommonJS and a
 * TypeScript project, the last one with tsconfig paths, legacy decorators and enums.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { installPacked, runIn } from '../support/packed-package.js';
import { fixture, projectRoot } from '../support/project.js';

describe('the packed package', { timeout: 240_000 }, () => {
  let root = '';
  let bin = '';

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'celeriac-packed-'));
    cpSync(fixture('projects'), root, { recursive: true });
    await installPacked(root, ['@types/node@20']);
    bin = join(root, 'node_modules', 'celeriac', 'cli', 'bin.cjs');
  });

  after(() => {
    rmSync(root, { recursive: true, force: true });
  });

  async function callThroughWorker(folder: string, args: readonly string[]): Promise<string> {
    const worker = new CeleriacProcess([...args.slice(0, 2), 'worker', '-c', '1'], { cwd: folder, bin });
    try {
      await worker.ready();
      const call = new CeleriacProcess([...args, '--wait', '--timeout', '30'], { cwd: folder, bin });
      assert.deepEqual(await call.end, { code: 0, signal: null }, call.stderr);
      return call.stdout.trim();
    } finally {
      await worker.dispose();
    }
  }

  it('an ES module embeds a worker and the pool, and the worker keeps the app that is loaded', async () => {
    assert.equal(await runIn(join(root, 'esm'), process.execPath, ['main.js']), 'true\n5\n49');
  });

  it('a CommonJS program publishes and exits by itself, and a worker runs what it sent', async () => {
    const folder = join(root, 'cjs');
    const id = await runIn(folder, process.execPath, ['main.js']);
    assert.equal(
      await callThroughWorker(folder, ['-A', './tasks.js', 'call', 'cjs.multiply', '--args', '[2, 3]']),
      '6',
    );
    const result = new CeleriacProcess(['-A', './tasks.js', 'result', id], { cwd: folder, bin });
    assert.deepEqual(await result.end, { code: 0, signal: null }, result.stderr);
    assert.equal(result.stdout.trim(), '42');
  });

  it('TypeScript with paths, decorators and enums runs without a build step', async () => {
    const kwargs = JSON.stringify({ value: 2, unit: 'mi' });
    const args = ['-A', './src/tasks.ts', 'call', 'ts.convert', '--kwargs', kwargs];
    const answer = JSON.parse(await callThroughWorker(join(root, 'ts'), args)) as unknown;
    assert.deepEqual(answer, { text: '3218 m', logged: ['convert'] });
  });

  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    it(`types of every entry resolve with ${resolution}`, async () => {
      const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
      const args = [tsc, '-p', '.', '--module', module, '--moduleResolution', resolution];
      await runIn(join(root, 'ts'), process.execPath, args);
    });
  }
});
