/** `celeriac worker --watch`: what is saved is what runs next; what is broken is told and changes nothing. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Celeriac } from '../../core/app/public.js';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { fixture, projectRoot } from '../support/project.js';

const TIMEOUT_MS = 20_000;

describe('a worker that watches its module', { timeout: 90_000 }, () => {
  let folder = '';
  let app: Celeriac;
  let worker: CeleriacProcess;

  const ask = async (task: string): Promise<unknown> => (await app.sendTask(task)).get({ timeoutMs: TIMEOUT_MS });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-watch-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(projectRoot, join(folder, 'node_modules', 'celeriac'), 'dir');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const name of ['watched-tasks.ts', 'watched-greeting.ts']) {
      copyFileSync(fixture('apps', name), join(folder, name));
    }
    const database = `sqlite://${join(folder, 'queue.db')}`;
    app = new Celeriac('watched', { brokerUrl: database, resultBackend: database });
    worker = new CeleriacProcess(['-A', './watched-tasks.ts', 'worker', '-c', '2', '--watch'], {
      cwd: folder,
      env: { CELERIAC_BROKER_URL: database, CELERIAC_RESULT_BACKEND: database },
    });
    await worker.ready();
  });

  after(async () => {
    await worker.dispose();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs what a file says that the module imports', async () => {
    assert.equal(await ask('watched.greet'), 'first');
    writeFileSync(join(folder, 'watched-greeting.ts'), "export const greeting: string = 'second';\n");
    await worker.line(/watched-greeting\.ts was saved: members run the new code \(watched\.greet\)/);
    assert.equal(await ask('watched.greet'), 'second');
  });

  it('tells what cannot be loaded, and keeps the old code until it can', async () => {
    writeFileSync(join(folder, 'watched-greeting.ts'), 'export const greeting = (;\n');
    await worker.line(/watched-greeting\.ts was saved and cannot be loaded, the old code stays/);
    assert.equal(await ask('watched.greet'), 'second');
    writeFileSync(
      join(folder, 'watched-greeting.ts'),
      "throw new Error('on purpose');\nexport const greeting = 'x';\n",
    );
    await worker.line(/cannot be loaded, the old code stays: .*on purpose/);
    assert.equal(await ask('watched.greet'), 'second');
  });

  it('knows tasks that were added', async () => {
    writeFileSync(join(folder, 'watched-greeting.ts'), "export const greeting = 'third';\n");
    writeFileSync(
      join(folder, 'watched-tasks.ts'),
      "import { Celeriac } from 'celeriac';\n" +
        "export const app = new Celeriac('watched');\n" +
        "app.task('watched.added', () => 'added');\n",
    );
    await worker.line(/members run the new code \(watched\.added\)/);
    assert.equal(await ask('watched.added'), 'added');
    assert.equal((await worker.kill('SIGTERM')).code, 0);
  });
});
