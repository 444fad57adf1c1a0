/** SIG-34, 35, 36, 43: signals of the program and its log, seen in what a worker as a process writes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { distRoot } from '../support/project.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

/** Lines of stdout and stderr of a worker that has run its one task and was stopped. */
interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

describe('signals of the program', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let own: Output;
  let templates: Output;

  before(async () => {
    folder = await temporaryFolder();
    [own, templates] = await Promise.all([run('own,preload', /OWN .*succeeded/), run('templates', /TASK .*succeeded/)]);
  });
  after(() => folder.remove());

  async function run(signals: string, until: RegExp): Promise<Output> {
    const app = join(distRoot, 'test', 'support', 'members', 'logging-app.js');
    const args = ['-A', app, '-q', 'worker', '-c', '1', '-l', 'info', '-f', join(folder.path, 'worker.log')];
    const plain = ['-A', app, 'worker', '-c', '1', '-l', 'info'];
    const isOwn = signals.startsWith('own');
    const worker = new CeleriacProcess(isOwn ? args : plain, { cwd: folder.path, env: { LOGGING: signals } });
    await (isOwn ? worker.printed(until) : worker.line(until));
    await worker.kill('SIGTERM');
    return { stdout: worker.stdout, stderr: worker.stderr };
  }

  test('SIG-34: a receiver of setupLogging has the log to itself', () => {
    assert.match(own.stdout, /^setup info .*worker\.log$/m);
    assert.match(own.stdout, /^OWN .*received$/m);
    assert.doesNotMatch(own.stdout, /^afterSetupLogger$/m);
    assert.doesNotMatch(own.stderr, /received/);
  });

  test('SIG-35: afterSetupLogger may change the log that was set up', () => {
    assert.match(templates.stderr, /^MAIN /m);
  });

  test('SIG-36: afterSetupTaskLogger may change the lines of tasks', () => {
    assert.match(templates.stderr, /^TASK .*succeeded/m);
    assert.doesNotMatch(templates.stderr, /^MAIN .*logging\.hello/m);
  });

  test('SIG-43: userPreloadOptions tells the app the options of the program', () => {
    assert.match(own.stdout, /^preload worker true true$/m);
  });
});
