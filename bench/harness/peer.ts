/**
 * Rivals and tools live in bench/compare with a lock file of their own, so that they are nobody's dependencies; the
 * first case that needs one installs them all.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolve } from 'import-meta-resolve';
import { ConfigError } from '../../core/kernel/errors.js';
import { projectRoot } from '../../test/support/project.js';

const compareFolder = join(projectRoot, 'bench', 'compare');

/**
 * The peer's module. `T` is what the case declares of it, since the compiler does not see bench/compare.
 * @throws ConfigError when it cannot be installed.
 */
export async function requirePeer<T>(name: string, log: (line: string) => void): Promise<T> {
  const manifest = join(compareFolder, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) installPeers(log);
  if (!existsSync(manifest)) throw new ConfigError(`${name} is not installed: npm ci in bench/compare has failed`);
  return (await import(peerUrl(name))) as T;
}

/** Where threads of a peer find it. Only after `requirePeer`. */
export function peerUrl(name: string): string {
  return resolve(name, pathToFileURL(join(compareFolder, 'package.json')).href);
}

/** Name and version, as pinned in bench/compare. */
export function peerLabel(name: string): string {
  const manifest = readFileSync(join(compareFolder, 'package.json'), 'utf8');
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> };
  return `${name} ${dependencies[name] ?? '?'}`;
}

function installPeers(log: (line: string) => void): void {
  log('installing the peers: npm ci in bench/compare');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', args, { cwd: compareFolder, stdio: ['ignore', 'ignore', 'inherit'], shell });
  if (status !== 0) log(`npm ci in bench/compare ended with ${String(status)}`);
}
