/** Small projects in a temporary folder, and what their modules report in the main thread and in a worker thread. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { importModule } from '../../../core/loader/import-module.js';
import { type PreparedModule, prepareModule } from '../../../core/loader/prepare-module.js';
import { fixture } from '../../support/project.js';

export interface ProjectOnDisk {
  readonly root: string;
  path(name: string): string;
  url(name: string): URL;
  write(files: Readonly<Record<string, string>>): void;
  /** Makes `name` a link to the file or folder `target` of the project. */
  link(name: string, target: string): void;
}

/** Removed when the test ends. Has a `node_modules` folder, so that the cache is in it. */
export function createProject(t: TestContext, files: Readonly<Record<string, string>>): ProjectOnDisk {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'celeriac-loader-')));
  t.after(() => {
    rmSync(root, { recursive: true, force: true });
  });
  const path = (name: string): string => join(root, name);
  const project: ProjectOnDisk = {
    root,
    path,
    url: (name) => pathToFileURL(path(name)),
    write: (more) => {
      for (const [name, text] of Object.entries(more)) {
        mkdirSync(dirname(path(name)), { recursive: true });
        writeFileSync(path(name), text);
      }
    },
    link: (name, target) => {
      mkdirSync(dirname(path(name)), { recursive: true });
      symlinkSync(path(target), path(name));
    },
  };
  mkdirSync(path('node_modules'));
  project.write(files);
  return project;
}

/** What the module's `report()` gives: the same in this thread and in a worker thread, or the test fails. */
export async function reportOf(prepared: PreparedModule): Promise<unknown> {
  const namespace = await importModule(prepared.url);
  const here: unknown = await (namespace['report'] as () => unknown)();
  const worker = new Worker(fixture('loader', 'member.mjs'), {
    workerData: {
      importModuleUrl: new URL('../../../core/loader/import-module.js', import.meta.url).href,
      moduleUrl: prepared.url.href,
    },
  });
  const [there] = (await once(worker, 'message')) as [unknown];
  await worker.terminate();
  assert.deepEqual(there, here, 'a member sees what the host sees');
  return here;
}

/** Prepares `entry` of a project of these files and gives its report. */
export async function reportOfFiles(
  t: TestContext,
  entry: string,
  files: Readonly<Record<string, string>>,
): Promise<unknown> {
  return reportOf(await prepareModule(createProject(t, files).url(entry)));
}
