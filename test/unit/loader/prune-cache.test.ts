import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { prepareModule } from '../../../core/loader/prepare-module.js';
import { createProject, type ProjectOnDisk } from './project-on-disk.js';

const MONTHS_AGO = new Date('2001-01-01');

function ageCache(project: ProjectOnDisk): void {
  const root = project.path('node_modules/.cache/celeriac');
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }))
    utimesSync(`${root}/${name}`, MONTHS_AGO, MONTHS_AGO);
}

test('a compilation removes what is old and named by no manifest, and nothing else', async (t) => {
  const project = createProject(t, {
    'tasks.ts': 'export const a: number = 1;',
    'other.ts': 'export const b: number = 1;',
    'gone.ts': 'export const c: number = 1;',
  });
  const first = await prepareModule(project.url('tasks.ts'));
  project.write({ 'tasks.ts': 'export const a: number = 2;' });
  const second = await prepareModule(project.url('tasks.ts'));
  const other = await prepareModule(project.url('other.ts'));
  const gone = await prepareModule(project.url('gone.ts'));
  rmSync(project.url('gone.ts'));
  ageCache(project);
  project.write({ 'tasks.ts': 'export const a: number = 3;' });
  const third = await prepareModule(project.url('tasks.ts'));
  assert.ok(existsSync(third.url));
  assert.ok(existsSync(second.url), 'replaced only now: a running worker may start members from it');
  assert.ok(existsSync(`${second.url.pathname}.map`));
  assert.ok(existsSync(other.url), 'old, but the manifest of another entry names it');
  assert.equal(existsSync(first.url), false);
  assert.equal(existsSync(`${first.url.pathname}.map`), false);
  assert.equal(existsSync(gone.url), false);
});
