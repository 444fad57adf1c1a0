import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ConfigError } from '../../../core/kernel/errors.js';
import { importModule } from '../../../core/loader/import-module.js';
import { prepareModule } from '../../../core/loader/prepare-module.js';
import { createProject, type ProjectOnDisk, reportOf } from './project-on-disk.js';

const run = promisify(execFile);

const ESM = { 'package.json': '{ "type": "module" }' };

/** Prepares in a process of its own and tells which modules of the compiler it loaded. */
async function prepareElsewhere(project: ProjectOnDisk, entry: string): Promise<{ url: string; loaded: string[] }> {
  const loader = new URL('../../../core/loader/prepare-module.js', import.meta.url).href;
  const script = `
    import { createRequire } from 'node:module';
    const { prepareModule } = await import(${JSON.stringify(loader)});
    const { url } = await prepareModule(new URL(${JSON.stringify(project.url(entry).href)}));
    const { cache } = createRequire(${JSON.stringify(loader)});
    const loaded = Object.keys(cache).filter((path) => path.includes('typescript'));
    process.stdout.write(JSON.stringify({ url: url.href, loaded }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
  return JSON.parse(stdout) as { url: string; loaded: string[] };
}

function objectsOf(project: ProjectOnDisk): readonly string[] {
  return readdirSync(project.path('node_modules/.cache/celeriac/objects'));
}

test('a JavaScript entry is returned as it is', async (t) => {
  const project = createProject(t, { ...ESM, 'a.js': '', 'b.mjs': '', 'c.cjs': '' });
  for (const name of ['a.js', 'b.mjs', 'c.cjs']) {
    const prepared = await prepareModule(project.url(name));
    assert.equal(prepared.url.href, project.url(name).href);
    assert.deepEqual(prepared.sourceFiles, []);
    assert.equal(prepared.cacheFolder, null);
  }
  assert.equal(existsSync(project.path('node_modules/.cache')), false);
});

test('a TypeScript entry becomes JavaScript in the cache of the nearest node_modules', async (t) => {
  const project = createProject(t, { ...ESM, 'src/tasks.ts': 'export const report = (): number => 1;' });
  const prepared = await prepareModule(project.url('src/tasks.ts'));
  assert.equal(prepared.cacheFolder, project.path('node_modules/.cache/celeriac'));
  assert.match(prepared.url.pathname, /node_modules\/\.cache\/celeriac\/modules\/tasks\.[0-9a-f]{32}\.mjs$/);
  assert.equal(prepared.sourceUrl.href, project.url('src/tasks.ts').href);
  assert.equal(await reportOf(prepared), 1);
});

test('where only the built file lies beside, that is taken, for the entry and for imports', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tasks.js': 'export const report = () => 1;',
    'other.ts': `import { built } from './built.ts'; export const report = (): string => built;`,
    'built.js': `export const built = 'built';`,
  });
  assert.equal((await prepareModule(project.url('tasks.ts'))).url.href, project.url('tasks.js').href);
  assert.equal(await reportOf(await prepareModule(project.url('other.ts'))), 'built');
});

test('a module that is not there is a ConfigError with its path', async (t) => {
  const project = createProject(t, ESM);
  await assert.rejects(prepareModule(project.url('none.ts')), (error: Error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /none\.ts does not exist/);
    return true;
  });
});

test('a warm cache gives the same URL and loads no compiler', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tasks.ts': `export * from './part.js';`,
    'part.ts': 'export const part: number = 1;',
  });
  const cold = await prepareElsewhere(project, 'tasks.ts');
  const warm = await prepareElsewhere(project, 'tasks.ts');
  assert.equal(cold.loaded.length, 1, 'the first start needs the compiler');
  assert.deepEqual(warm, { url: cold.url, loaded: [] });
});

test('an edit compiles the edited file alone and names anew what reaches it', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tasks.ts': `import { a } from './a.js'; import { b } from './b.js'; export const report = (): string[] => [a, b];`,
    'a.ts': `export const a: string = 'a';`,
    'b.ts': `export const b: string = 'b';`,
  });
  const before = await prepareModule(project.url('tasks.ts'));
  assert.deepEqual(await reportOf(before), ['a', 'b']);
  const objects = objectsOf(project);
  assert.equal(objects.length, 3);
  project.write({ 'a.ts': `export const a: string = 'A';` });
  const after = await prepareModule(project.url('tasks.ts'));
  assert.equal(objectsOf(project).length, 4, 'one more object: only a.ts went through the compiler');
  assert.notEqual(after.url.href, before.url.href);
  assert.deepEqual(await reportOf(after), ['A', 'b']);
  assert.ok(existsSync(before.url), 'a worker that runs the old program can still start members');
});

test('a file that comes to mean something else compiles its importer again', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tasks.ts': `import { a } from './a.js'; export const report = (): string => a;`,
    'a.js': `export const a = 'from JavaScript';`,
  });
  assert.equal(await reportOf(await prepareModule(project.url('tasks.ts'))), 'from JavaScript');
  project.write({ 'a.ts': `export const a: string = 'from TypeScript';` });
  assert.equal(await reportOf(await prepareModule(project.url('tasks.ts'))), 'from TypeScript');
});

test('a change of tsconfig.json or package.json is seen by a warm cache', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "module" }',
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@x": ["./one.ts"] } } }',
    'tasks.ts': `import { x } from '@x'; export const report = (): string => x;`,
    'one.ts': `export const x = 'one';`,
    'two.ts': `export const x = 'two';`,
  });
  assert.equal(await reportOf(await prepareModule(project.url('tasks.ts'))), 'one');
  project.write({ 'tsconfig.json': '{ "compilerOptions": { "paths": { "@x": ["./two.ts"] } } }' });
  assert.equal(await reportOf(await prepareModule(project.url('tasks.ts'))), 'two');
  project.write({ 'package.json': '{ "type": "commonjs" }' });
  assert.match((await prepareModule(project.url('tasks.ts'))).url.pathname, /\.cjs$/);
});

test('entries that share a file share its instance', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'app.ts': 'export const app: object = {};',
    'tasks.ts': `export { app } from './app.js';`,
    'more.ts': `export { app } from './app.js';`,
  });
  const tasks = await prepareModule(project.url('tasks.ts'));
  const more = await prepareModule(project.url('more.ts'));
  const [one, two] = await Promise.all([importModule(tasks.url), importModule(more.url)]);
  assert.equal(one['app'], two['app']);
});

test('a file is compiled once, whichever entry reaches it', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tasks.ts': `export { app } from './lib/app.js';`,
    'lib/app.ts': 'export const app: object = {};',
  });
  await prepareModule(project.url('tasks.ts'));
  await prepareModule(project.url('lib/app.ts'));
  assert.equal(objectsOf(project).length, 2);
});

test('modules that import each other in a circle are named by the whole circle', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tasks.ts': `import { other } from './other.js'; export const one = (): number => 1; export const report = (): number => other();`,
    'other.ts': `import { one } from './tasks.js'; export const other = (): number => one() + 1;`,
  });
  const before = await prepareModule(project.url('tasks.ts'));
  assert.equal(await reportOf(before), 2);
  project.write({ 'other.ts': `import { one } from './tasks.js'; export const other = (): number => one() + 2;` });
  const after = await prepareModule(project.url('tasks.ts'));
  assert.equal(await reportOf(after), 3);
});

test('a damaged cache is compiled anew', async (t) => {
  const project = createProject(t, { ...ESM, 'tasks.ts': 'export const report = (): number => 7;' });
  const prepared = await prepareModule(project.url('tasks.ts'));
  rmSync(join(project.path('node_modules/.cache/celeriac/modules')), { recursive: true });
  assert.equal((await prepareModule(project.url('tasks.ts'))).url.href, prepared.url.href);
  assert.equal(await reportOf(prepared), 7);
});

test('several processes compile the same module at once', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tasks.ts': `import { a } from './a.js'; export const report = (): number => a;`,
    'a.ts': 'export const a: number = 5;',
  });
  const prepared = await Promise.all(Array.from({ length: 3 }, () => prepareElsewhere(project, 'tasks.ts')));
  const here = await prepareModule(project.url('tasks.ts'));
  for (const { url } of prepared) assert.equal(url, here.url.href);
  assert.equal(await reportOf(here), 5);
  const drafts = readdirSync(project.path('node_modules/.cache/celeriac/modules')).filter((name) =>
    name.endsWith('.tmp'),
  );
  assert.deepEqual(drafts, []);
});

test('without a node_modules the cache is a folder of the user that nobody else can write', async (t) => {
  const project = createProject(t, { ...ESM, 'tasks.ts': 'export const report = (): number => 3;' });
  rmSync(project.path('node_modules'), { recursive: true });
  const saved = process.env['XDG_CACHE_HOME'];
  t.after(() => {
    if (saved === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = saved;
  });
  process.env['XDG_CACHE_HOME'] = project.path('home-cache');
  const prepared = await prepareModule(project.url('tasks.ts'));
  assert.equal(prepared.cacheFolder, project.path('home-cache/celeriac'));
  assert.equal(statSync(project.path('home-cache/celeriac')).mode & 0o077, 0);
  assert.equal(await reportOf(prepared), 3);
});

test('a cache of the user that others may write is not used', async (t) => {
  const project = createProject(t, { ...ESM, 'tasks.ts': '', 'home-cache/celeriac/x': '' });
  rmSync(project.path('node_modules'), { recursive: true });
  const saved = process.env['XDG_CACHE_HOME'];
  t.after(() => {
    if (saved === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = saved;
  });
  chmodSync(project.path('home-cache/celeriac'), 0o777);
  process.env['XDG_CACHE_HOME'] = project.path('home-cache');
  const prepared = await prepareModule(project.url('tasks.ts'));
  assert.notEqual(prepared.cacheFolder, project.path('home-cache/celeriac'));
});

test('compiled files are written whole: the module names its map and the map its source', async (t) => {
  const project = createProject(t, { ...ESM, 'tasks.ts': 'export const report = (): number => 1;' });
  const { url, sourceUrl } = await prepareModule(project.url('tasks.ts'));
  assert.match(readFileSync(url, 'utf8'), /\/\/# sourceMappingURL=tasks\.[0-9a-f]{32}\.mjs\.map\n$/);
  const map = JSON.parse(readFileSync(new URL(`${url.href}.map`), 'utf8')) as { sources: string[] };
  assert.deepEqual(map.sources, [sourceUrl.href]);
});

test('where the project cannot be written, its warm cache is read and a cold one lies elsewhere', async (t) => {
  const project = createProject(t, { ...ESM, 'tasks.ts': 'export const report = (): number => 1;', 'home/x': '' });
  const saved = process.env['XDG_CACHE_HOME'];
  t.after(() => {
    if (saved === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = saved;
  });
  process.env['XDG_CACHE_HOME'] = project.path('home');
  const warm = await prepareModule(project.url('tasks.ts'));
  rmSync(project.path('node_modules/.cache/celeriac/objects'), { recursive: true });
  // A file in the place of a folder refuses every user, root as well, who runs tests in containers.
  project.write({ 'node_modules/.cache/celeriac/objects': '' });
  assert.equal((await prepareModule(project.url('tasks.ts'))).url.href, warm.url.href);
  project.write({ 'tasks.ts': 'export const report = (): number => 2;' });
  const cold = await prepareModule(project.url('tasks.ts'));
  assert.equal(cold.cacheFolder, project.path('home/celeriac'));
  assert.equal(await reportOf(cold), 2);
});
