/**
 * Looks at the package as a user gets it: packs it, has publint judge its shape, and follows the imports of every entry
 * through the packed files, so that nothing is published that imports what stayed at home.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { projectRoot } from './test-files.mjs';

/** What a module names relative to itself: imports, re-exports, `import()`, and the URLs of threads' programs. */
const RELATIVE_NAMES = [
  /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g,
  /\bnew URL\(\s*['"](\.{1,2}\/[^'"]+\.js)['"],\s*import\.meta\.url/g,
];
const COMMENTS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

function pack(folder) {
  // Built just now by `npm run pack`; `prepack` would only build once more.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, size }] = JSON.parse(execFileSync('npm', args, { cwd: projectRoot, encoding: 'utf8' }));
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder]);
  console.log(`packed: ${(size / 1024).toFixed(0)} KB`);
  return join(folder, 'package');
}

function entriesOf(manifest) {
  const exported = Object.values(manifest.exports).filter((target) => typeof target === 'object');
  return [...exported.flatMap((target) => Object.values(target)), ...Object.values(manifest.bin)];
}

/** Files that are named and not packed, as `who → what`. */
function findMissing(root, entries) {
  const missing = [];
  const seen = new Set();
  const waiting = entries.map((entry) => ({ path: join(root, entry), from: 'package.json' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, from } = next;
    if (seen.has(path)) continue;
    seen.add(path);
    if (!existsSync(path)) missing.push(`${from} → ${relative(root, path)}`);
    else if (/\.(?:c?js|d\.ts)$/.test(path)) waiting.push(...namedBy(path, root));
  }
  console.log(`followed: ${seen.size} files from ${entries.length} entries`);
  return missing;
}

function namedBy(path, root) {
  const code = readFileSync(path, 'utf8').replace(COMMENTS, '');
  const names = RELATIVE_NAMES.flatMap((pattern) => [...code.matchAll(pattern)]).map(([, name]) => name);
  const typed = path.endsWith('.d.ts');
  return names
    .filter((name) => !name.endsWith('/'))
    .map((name) => join(dirname(path), typed ? name.replace(/\.js$/, '.d.ts') : name))
    .map((target) => ({ path: target, from: relative(root, path) }));
}

async function judge(root) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { messages } = await publint({ pkgDir: root, pack: false, strict: true });
  const faults = messages.map((message) => formatMessage(message, manifest, { color: false }));
  return [...faults, ...findMissing(root, entriesOf(manifest)).map((line) => `not in the package: ${line}`)];
}

const folder = mkdtempSync(join(tmpdir(), 'celeriac-pack-'));
try {
  const faults = await judge(pack(folder));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
