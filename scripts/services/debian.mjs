/** Packages of Debian, where we may install them: in CI, as root. */
import { spawnSync } from 'node:child_process';

const TIMEOUT_MS = 300_000;

export function mayInstall() {
  return process.env['CI'] !== undefined && process.getuid?.() === 0 && run('apt-get', ['--version']).status === 0;
}

/** @throws with what apt-get says when it cannot be installed */
export function installPackage(name) {
  console.log(`installing ${name}`);
  const install = ['install', '--yes', '--no-install-recommends', name];
  // The lists of a fresh machine are old or missing.
  if (run('apt-get', install).status === 0) return;
  run('apt-get', ['update']);
  const { status, stderr } = run('apt-get', install);
  if (status !== 0) throw new Error(`apt-get install ${name}: ${String(stderr).trim().split('\n').at(-1)}`);
}

function run(program, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { encoding: 'utf8', timeout: TIMEOUT_MS, env });
}
