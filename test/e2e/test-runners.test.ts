/**
 * `celeriac/testing` as users have it: the packed package in projects of their own, tested with node:test, Vitest and
 * Jest. Each project (test/fixtures/runners) has the same three test files: threads, inline, and code that only sends.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { installPacked, runIn } from '../support/packed-package.js';
import { fixture, projectRoot } from '../support/project.js';

/** Longest time of one run: what does not end by itself is ended, and the test fails. */
const RUN_TIMEOUT_MS = 60_000;

interface RunnerCase {
  readonly folder: string;
  readonly options: readonly string[];
  /** What the runner says of a run that went well. */
  readonly passed: RegExp;
  /** What it says when something stays open. */
  readonly complaint: RegExp;
}

const runners: readonly RunnerCase[] = [
  { folder: 'node-test', options: [], passed: /^# pass 7\n# fail 0$/m, complaint: /^# cancelled [^0]/m },
  {
    folder: 'vitest',
    options: [],
    passed: /Tests\s+7 passed \(7\)/,
    complaint: /close timed out|hanging-process|Unhandled/i,
  },
  {
    folder: 'vitest',
    options: ['--pool=threads'],
    passed: /Tests\s+7 passed \(7\)/,
    complaint: /close timed out|hanging-process|Unhandled/i,
  },
  {
    folder: 'jest-esm',
    options: ['--detectOpenHandles'],
    passed: /Tests:\s+7 passed, 7 total/,
    complaint: /open handle|did not exit|torn down/i,
  },
];

interface RunEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** `npm test` in a project, outside of the test that runs here. */
function runTests(
  cwd: string,
  options: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<RunEnd> {
  const { NODE_TEST_CONTEXT: _ours, FORCE_COLOR: _colors, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: '1', ...more };
  const child = spawn('npm', ['test', '--silent', '--', ...options], { cwd, env, detached: true });
  const timer = setTimeout(() => {
    // A group of its own: what npm has started holds the pipes open.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, RUN_TIMEOUT_MS);
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (output += part.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, output });
    });
  });
}

describe('celeriac/testing in the test runner of a user', { timeout: 480_000 }, () => {
  let root = '';

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'celeriac-runners-'));
    cpSync(fixture('runners'), root, { recursive: true });
    const projects = [...new Set(runners.map(({ folder }) => join(root, folder)))];
    const clean = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    // The package lies above the projects, so that their lock files do not know of it.
    await Promise.all([
      installPacked(root, ['@types/node@20']),
      ...projects.map((project) => runIn(project, 'npm', clean)),
    ]);
  });

  after(() => {
    rmSync(root, { recursive: true, force: true });
  });

  for (const { folder, options, passed, complaint } of runners) {
    const name = [folder, ...options].join(' ');

    it(`${name}: passes and ends by itself`, async () => {
      const { code, signal, output } = await runTests(join(root, folder), options);
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, output);
      assert.match(output, passed);
      assert.doesNotMatch(output, complaint);
    });
  }

  for (const folder of new Set(runners.map((runner) => runner.folder))) {
    it(`${folder}: a test that fails fails the run, which ends by itself`, async () => {
      const { code, signal, output } = await runTests(join(root, folder), [], { WRONG_SUM: '1' });
      assert.deepEqual({ code, signal }, { code: 1, signal: null }, output);
      assert.match(output, /return values/);
      assert.match(output, /\b5\b[^]*\b6\b/);
    });

    it(`${folder}: the types fit`, async () => {
      const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
      await runIn(join(root, folder), process.execPath, [tsc, '-p', '.', '--noEmit']);
    });
  }
});
