/**
 * Joins the compiled modules of what starts often into few files, `dist/joined/`: Node takes half a millisecond for each
 * module, whatever is in it, and a start loads hundreds (docs/decisions/0011-start-up.md). Modules that the same starts
 * need stand in one file. Where a joined module stood, a line remains that exports the same from there, so that each class
 * exists once, whoever imports it by whichever path. Runs after each compilation; what the compiler wrote is kept in
 * `dist/unjoined/`, since it writes only what has changed.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readModules } from './module-graph.mjs';
import { bundleChunk, bundleProgram, forwardTo } from './module-bundle.mjs';
import { projectRoot } from './test-files.mjs';

/** Name → modules that a start of this kind loads first. What only one command or one address needs is not among them. */
const STARTS = {
  client: ['core/app/public.js'],
  member: ['core/task/member-program.js'],
  thread: ['pools/thread/member/entry.js', 'pools/thread/member/function-program.js'],
  worker: ['core/worker/public.js', 'pools/thread/adapter.js', 'pools/public.js'],
  cli: ['cli/main.js', 'cli/program.js', 'cli/commands/worker.js'],
  sqlite: ['transports/sqlite/adapter.js', 'backends/sqlite/adapter.js'],
  memory: ['transports/memory/adapter.js', 'backends/memory/adapter.js'],
  io: ['clients/sqlite/io-thread.js'],
};

/** They are run and not imported: they stay where they are, and import from the joined files. */
const PROGRAMS = [
  'cli/main.js',
  'pools/thread/member/entry.js',
  'pools/thread/member/function-program.js',
  'clients/sqlite/io-thread.js',
];

/**
 * A thread starts far more often than the others, so it loads two files, and they load a little that only a thread needs.
 * What a module imports is needed by its starts and perhaps by more: there is no cycle.
 */
function chunkOf(starts) {
  if (!starts.includes('thread')) return starts.join('-');
  return starts.includes('client') ? 'common' : 'thread';
}

/** Path of a module → name of the file that it joins, which tells the starts that need it. */
function assignChunks(modules) {
  const needs = new Map();
  for (const [start, roots] of Object.entries(STARTS)) {
    const waiting = [...roots];
    const seen = new Set();
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      needs.set(path, [...(needs.get(path) ?? []), start]);
      waiting.push(...modules.get(path).imports);
    }
  }
  for (const path of PROGRAMS) needs.delete(path);
  return new Map([...needs].map(([path, starts]) => [path, chunkOf(starts)]));
}

/** In one step: another process may be reading the old file. */
function replaceFile(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

async function main() {
  const output = join(projectRoot, 'dist');
  const modules = await readModules(output);
  const chunks = assignChunks(modules);
  const graph = { output, modules, chunks };
  const names = [...new Set(chunks.values())];
  const files = [
    ...(await Promise.all(names.map((name) => bundleChunk(graph, name)))),
    ...(await Promise.all(PROGRAMS.map((path) => bundleProgram(graph, path)))),
  ].flat();
  for (const { path, text } of files) replaceFile(join(output, path), text);
  for (const path of chunks.keys()) {
    replaceFile(join(output, path), forwardTo(graph, path));
    rmSync(join(output, `${path}.map`), { force: true });
  }
  for (const name of readdirSync(join(output, 'joined'))) {
    if (!files.some(({ path }) => path === `joined/${name}`)) rmSync(join(output, 'joined', name), { force: true });
  }
}

await main();
