/** The code in docs/guide/configuration.md does what the page says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { importModuleSync } from '../../../core/loader/import-module.js';
import { prepareModuleSync } from '../../../core/loader/prepare-module.js';
import type { Celeriac } from '../../../core/app/public.js';
import { distRoot, projectRoot } from '../../support/project.js';
import { createProject } from '../loader/project-on-disk.js';

test('the examples of the page about configuration run: program, file and namespace', (t) => {
  const page = readFileSync(join(projectRoot, 'docs', 'guide', 'configuration.md'), 'utf8');
  const [program = '', file = '', namespace = ''] = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);
  const celeriac = pathToFileURL(join(distRoot, 'core', 'app', 'public.js')).href;
  const project = createProject(t, {
    'package.json': '{"type": "module"}',
    'celeriac.config.ts': file,
    'tasks.ts': `${program}\n${namespace}`.replace("'celeriac'", `'${celeriac}'`),
  });
  const { app } = importModuleSync(prepareModuleSync(project.url('tasks.ts')).url) as { readonly app: Celeriac };
  const { conf } = app;
  assert.deepEqual([conf.taskDefaultQueue, conf.workerConcurrency], ['shop', 4]);
  assert.deepEqual(conf.taskRoutes, { 'shop.images.*': { queue: 'images' } });
  assert.equal(conf.taskTimeLimit, 30);
  assert.equal(conf['DEBUG'], undefined);
});
