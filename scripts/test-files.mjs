/**
 * The suites in the order in which they run, and their compiled files. Lists are explicit and made from the sources:
 * `node --test DIR` means another thing on newer versions of Node, and the output may hold what has no source.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * name → folder below test/, files that run at a time, the longest time that one file may take, and servers that it needs.
 * From `stress` on a file brings threads and processes of its own, so it has the machine for itself.
 */
export const suites = {
  unit: { folder: 'unit', concurrency: 2, fileTimeoutMs: 120_000 },
  contract: { folder: 'contract', concurrency: 2, fileTimeoutMs: 120_000 },
  protocol: { folder: 'protocol', concurrency: 2, fileTimeoutMs: 120_000 },
  features: { folder: 'features', concurrency: 2, fileTimeoutMs: 120_000 },
  stress: { folder: 'stress', concurrency: 1, fileTimeoutMs: 300_000 },
  chaos: { folder: 'chaos', concurrency: 1, fileTimeoutMs: 480_000 },
  integration: { folder: 'integration', concurrency: 1, fileTimeoutMs: 300_000, services: ['rabbitmq', 'redis'] },
  e2e: { folder: 'e2e', concurrency: 1, fileTimeoutMs: 600_000 },
};

/** A part of `unit` that `npm run check` runs alone. */
const docs = { folder: join('unit', 'docs'), concurrency: 2, fileTimeoutMs: 120_000 };

export function suiteNamed(name) {
  const suite = { ...suites, docs }[name];
  if (suite === undefined) throw new Error(`no suite "${name}"; there are ${Object.keys(suites).join(', ')}, docs`);
  return { name, ...suite };
}

/** Absolute paths of the suite's compiled test files, sorted; none where the suite has no folder yet. */
export function filesOf(suite, root = projectRoot) {
  const folder = join(root, 'test', suite.folder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(root, 'dist', 'test', suite.folder, name.split(sep).join('/').replace(/\.ts$/, '.js')));
}
