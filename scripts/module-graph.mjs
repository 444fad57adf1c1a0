/**
 * Reads the compiled modules of dist/: what each exports, and which of ours it imports. A module that has been joined is
 * read from `dist/unjoined/`, where the compiler's output is kept. Called by join-modules.mjs.
 */
import { build } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';

/** First line of what this step writes, by which it knows its own work. */
export const JOINED = '// joined: see scripts/join-modules.mjs';

const ROOMS = ['backends', 'cli', 'clients', 'core', 'monitor', 'pools', 'testing', 'transports'];
const STAR_EXPORT = /^export \* from ['"](.+)['"];$/gm;

function modulesBelow(output, folder) {
  if (!existsSync(join(output, folder))) return [];
  return readdirSync(join(output, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => posix.join(folder, name.replaceAll(sep, '/')));
}

/** Keeps what the compiler wrote since the last time, and forgets what has no source any more. */
function keepOriginals(output, paths) {
  const kept = join(output, 'unjoined');
  for (const path of modulesBelow(kept, '.')) {
    if (!existsSync(join(output, path))) rmSync(join(kept, path));
  }
  for (const path of paths) {
    if (readFileSync(join(output, path), 'utf8').startsWith(JOINED)) continue;
    mkdirSync(dirname(join(kept, path)), { recursive: true });
    for (const file of [path, `${path}.map`]) {
      if (existsSync(join(output, file))) copyFileSync(join(output, file), join(kept, file));
    }
  }
}

/** @returns Map of path in dist/ → { code, exports: names, imports: paths that it imports at once } */
export async function readModules(output) {
  const paths = ROOMS.flatMap((room) => modulesBelow(output, room));
  keepOriginals(output, paths);
  const { metafile } = await build({
    entryPoints: paths.map((path) => join(output, 'unjoined', path)),
    bundle: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
    outdir: join(output, 'unjoined'),
    absWorkingDir: join(output, 'unjoined'),
    allowOverwrite: true,
    // What is wrong with a module is said when it is joined.
    logLevel: 'error',
    plugins: [{ name: 'alone', setup: ({ onResolve }) => onResolve({ filter: /./ }, leaveOut) }],
  });
  const modules = new Map();
  for (const [path, { exports, imports }] of Object.entries(metafile.outputs)) {
    const code = readFileSync(join(output, 'unjoined', path), 'utf8');
    const ours = imports.filter(({ path: name, kind }) => name.startsWith('.') && kind === 'import-statement');
    modules.set(path, { code, exports: new Set(exports), imports: ours.map(({ path: name }) => from(path, name)) });
  }
  for (const path of modules.keys()) addStarExports(modules, path);
  return modules;
}

function leaveOut({ kind, path }) {
  return kind === 'entry-point' ? undefined : { path, external: true };
}

function addStarExports(modules, path) {
  const { code, exports } = modules.get(path);
  for (const [, name] of code.matchAll(STAR_EXPORT)) {
    const source = from(path, name);
    addStarExports(modules, source);
    for (const exported of modules.get(source).exports) if (exported !== 'default') exports.add(exported);
  }
}

/** What a module means by a relative name, as a path in dist/. */
export function from(path, name) {
  return posix.join(posix.dirname(path), name);
}
