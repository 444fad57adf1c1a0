/**
 * The rivals live in bench/compare with a lock file of their own, so that they are nobody's dependencies; the first case
 * that needs one installs them all.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolve } from 'import-meta-resolve';
import { projectRoot } from '../../test/support/project.js';

const compareFolder = join(projectRoot, 'bench', 'compare');

export interface Peer<T> {
  readonly module: T;
  /** Name and version for the side's label. */
  readonly label: string;
}

/**
 * The peer's module, or null, with a line in the log, when it cannot be installed: the case then leaves out side B.
 * `T` is what the case declares of it, since the compiler does not see bench/compare.
 */
export async function loadPeer<T>(name: string, log: (line: string) => void): Promise<Peer<T> | null> {
  const manifest = join(compareFolder, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) installPeers(log);
  if (!existsSync(manifest)) {
    log(`${name} is not there: side B is skipped (npm ci in bench/compare has failed)`);
    return null;
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  const url = resolve(name, pathToFileURL(join(compareFolder, 'package.json')).href);
  return { module: (await import(url)) as T, label: `${name} ${version}` };
}

function installPeers(log: (line: string) => void): void {
  log('installing the peers: npm ci in bench/compare');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', args, { cwd: compareFolder, stdio: ['ignore', 'ignore', 'inherit'], shell });
  if (status !== 0) log(`npm ci in bench/compare ended with ${String(status)}`);
}
