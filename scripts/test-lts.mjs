/**
 * Runs the unit and contract suites on the current LTS of Node, which need not be the Node of this machine. The binary
 * comes from the package registry: `node-<platform>-<arch>` is what the npm package `node` itself installs, by a script
 * at install time; taken directly it needs no script. It lies in a scratch folder outside the project and its lock file.
 *
 *     node scripts/test-lts.mjs [suite …]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './test-files.mjs';

/** Major version of the current LTS; raised by hand when the next one becomes LTS each October. */
const LTS_MAJOR = 26;

/** Where the npm package `node` finds its binary for this machine. */
const platformPackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

function installBinary() {
  const scratch = join(tmpdir(), `celeriac-node-${LTS_MAJOR}-${process.getuid?.() ?? 0}`);
  const binary = join(
    scratch,
    'node_modules',
    platformPackage,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(binary)) {
    mkdirSync(scratch, { recursive: true });
    writeFileSync(join(scratch, 'package.json'), '{ "private": true }\n');
    const args = [
      'install',
      '--ignore-scripts',
      '--no-save',
      '--no-audit',
      '--no-fund',
      `${platformPackage}@${LTS_MAJOR}`,
    ];
    execFileSync('npm', args, {
      cwd: scratch,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
  }
  return binary;
}

const binary = installBinary();
console.log(`Node ${execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()}`);
const named = process.argv.slice(2);
const suites = named.length > 0 ? named : ['unit', 'contract'];
const { status } = spawnSync(binary, [join(projectRoot, 'scripts', 'run-tests.mjs'), ...suites], { stdio: 'inherit' });
process.exitCode = status ?? 1;
