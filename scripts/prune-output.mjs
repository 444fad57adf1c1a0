/**
 * Removes from dist/ what has no source any more: the compiler leaves the output of deleted and renamed files behind,
 * and a stale file would be packed, tested and imported. Runs after each compilation and touches nothing else, so
 * builds that run at the same time do not disturb each other. What join-modules.mjs writes has no source: it is left.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const output = join(root, 'dist');

for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
  if (name.startsWith(`joined${sep}`) || name.startsWith(`unjoined${sep}`)) continue;
  const source = name.replace(/\.(?:d\.ts|js|js\.map)$/, '.ts');
  if (source !== name && !existsSync(join(root, source))) rmSync(join(output, name), { force: true });
}
