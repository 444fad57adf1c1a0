/**
 * Writes one joined file, one program over joined files, or the line that stands where a joined module stood. A name that
 * a joined file exports tells its module. Called by join-modules.mjs; makes text and writes nothing.
 */
import { build } from 'esbuild';
import { join, posix } from 'node:path';
import { from, JOINED } from './module-graph.mjs';

/** The module's path is in the name, so two modules may export the same word. */
function joinedName(path, name) {
  return `${path.replace(/\.js$/, '').replaceAll(/\W/g, '_')}$${name}`;
}

function exportsOf({ modules }, path) {
  return [...modules.get(path).exports].map((name) => `${joinedName(path, name)} as ${name}`).join(', ');
}

/** The line in place of a joined module. */
export function forwardTo(graph, path) {
  const target = posix.relative(posix.dirname(path), `joined/${graph.chunks.get(path)}.js`);
  return `${JOINED}\nexport { ${exportsOf(graph, path)} } from '${target}';\n`;
}

/** The joined file of this name, with its source map. */
export function bundleChunk(graph, chunk) {
  const lines = [...graph.chunks]
    .filter(([, name]) => name === chunk)
    .map(([path]) => {
      const names = [...graph.modules.get(path).exports].map((name) => `${name} as ${joinedName(path, name)}`);
      return `export { ${names.join(', ')} } from './${path}';`;
    });
  const entry = { stdin: { contents: lines.join('\n'), resolveDir: join(graph.output, 'unjoined') } };
  return bundle(graph, { entry, target: `joined/${chunk}.js`, isOurs: (path) => graph.chunks.get(path) === chunk });
}

/** A module that is run where it stands. */
export function bundleProgram(graph, path) {
  const entry = { entryPoints: [join(graph.output, 'unjoined', path)] };
  return bundle(graph, { entry, target: path, isOurs: (other) => other === path });
}

async function bundle(graph, { entry, target, isOurs }) {
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    sourcemap: true,
    sourcesContent: false,
    write: false,
    outfile: join(graph.output, target),
    allowOverwrite: true,
    banner: { js: JOINED },
    logLevel: 'warning',
    // `import()` of a name that only the run knows, with options: it stays as it is.
    logOverride: { 'unsupported-dynamic-import': 'silent' },
    plugins: [{ name: 'joined', setup: (host) => resolveModules(host, graph, { target, isOurs }) }],
  });
  return outputFiles.map(({ path, text }) => {
    const isMap = path.endsWith('.map');
    return { path: isMap ? `${target}.map` : target, text: isMap ? text : withClassNames(text, graph) };
  });
}

function resolveModules({ onResolve, onLoad }, { output, modules, chunks }, { target, isOurs }) {
  const kept = join(output, 'unjoined');
  const here = posix.dirname(target);
  onResolve({ filter: /^[^.]/ }, ({ kind, path }) => (kind === 'entry-point' ? undefined : { path, external: true }));
  onResolve({ filter: /^\./ }, ({ importer, kind, path: name, resolveDir, namespace }) => {
    if (namespace === 'joined') return { path: name, external: true };
    const folder = posix.relative(kept, resolveDir);
    const path = importer === '' || importer === '<stdin>' ? posix.join(name) : from(`${folder}/x.js`, name);
    if (kind === 'dynamic-import')
      return { path: `./${posix.relative(here, path)}`.replace('./..', '..'), external: true };
    if (isOurs(path)) return { path: join(kept, path) };
    return { path, namespace: 'joined', sideEffects: false };
  });
  // What the module means by its own place is where the line in its stead is.
  onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path: file }) => {
    const path = posix.relative(kept, file);
    const own = `new URL('${posix.relative(here, path)}', import.meta.url).href`;
    const { code } = modules.get(path);
    return { contents: target === path ? code : code.replaceAll(/\bimport\.meta\.url\b/g, own) };
  });
  onLoad({ filter: /./, namespace: 'joined' }, ({ path }) => {
    const source = posix.relative(here, `joined/${chunks.get(path)}.js`);
    return {
      contents: `export { ${exportsOf({ modules }, path)} } from '${source.startsWith('.') ? source : `./${source}`}';`,
    };
  });
}

/** Joining turns `class A` into `var A = class _A`, and where two modules have an A, one into A2: the names are API. */
function withClassNames(text, { modules }) {
  const isClass = (name) => [...modules.values()].some(({ code }) => code.includes(`class ${name} `));
  const lines = [...text.matchAll(/^var (\w+) = class(?: (_\w+))?\b/gm)].flatMap(([, name, inner]) => {
    const own = isClass(name) ? name : name.replace(/\d+$/, '');
    return own === name && inner === undefined ? [] : [`Object.defineProperty(${name}, 'name', { value: '${own}' });`];
  });
  return text.replace(/^(?=\/\/# sourceMappingURL)/m, () => lines.map((line) => `${line}\n`).join(''));
}
