/**
 * The package as `npm pack` makes it, installed elsewhere on the disk and used from an ES module, a CommonJS and a
 * TypeScript project, the last one with tsconfig paths, legacy decorators and enums.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { fixture, projectRoot } from '../support/project.js';
import { CeleriacProcess } from '../support/celeriac-process.js';

const execute = promisify(execFile);

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await execute(command, [...args], { cwd, timeout: 120_000 });
  return stdout.trim();
}

describe('the packed package', { timeout: 240_000 }, () => {
  let root = '';
  let bin = '';

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'celeriac-packed-'));
    cpSync(fixture('projects'), root, { recursive: true });
    const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', root], projectRoot);
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    writeFileSync(join(root, 'package.json'), '{ "private": true }');
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`, '@types/node@20'];
    await run('npm', install, root);
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
    assert.equal(await run(process.execPath, ['main.js'], join(root, 'esm')), 'true\n5\n49');
  });

  it('a CommonJS program publishes and exits by itself, and a worker runs what it sent', async () => {
    const folder = join(root, 'cjs');
    const id = await run(process.execPath, ['main.js'], folder);
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
      await run(
        process.execPath,
        [tsc, '-p', '.', '--module', module, '--moduleResolution', resolution],
        join(root, 'ts'),
      );
    });
  }
});
