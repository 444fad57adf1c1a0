/** `celeriac worker` as a process: its banner, its one ready line, and its ends by signals (WORK-70 to 78). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { fixture } from '../support/project.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

describe('celeriac worker', { timeout: 120_000 }, () => {
  let folder: TemporaryFolder;
  let env: Record<string, string>;
  let started = '';
  let release = '';
  const processes: CeleriacProcess[] = [];

  function start(...args: readonly string[]): CeleriacProcess {
    const process = new CeleriacProcess(args, { cwd: folder.path, env });
    processes.push(process);
    return process;
  }

  async function answerOf(...args: readonly string[]): Promise<string> {
    const process = start(...args);
    assert.equal((await process.end).code, 0, process.stderr);
    return process.stdout.trim();
  }

  beforeEach(async () => {
    folder = await temporaryFolder();
    started = join(folder.path, 'started');
    release = join(folder.path, 'release');
    // Whoever opens one end of a FIFO waits for the other end: gates without a clock.
    execFileSync('mkfifo', [started, release]);
    const broker = 'sqlite://./queue.db';
    const urls = { CELERIAC_BROKER_URL: broker, CELERIAC_RESULT_BACKEND: broker };
    env = { CELERIAC_APP: fixture('apps', 'cli-tasks.ts'), GATE_FOLDER: folder.path, ...urls };
  });

  afterEach(async () => {
    for (const process of processes.splice(0)) await process.dispose();
    await folder.remove();
  });

  it('prints a banner and exactly one ready line, both on stderr, and ends with 0 after SIGTERM', async () => {
    const worker = start('worker', '-c', '2', '-Q', 'celery,images', '-n', 'w1@%h');
    await worker.ready();
    assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null });
    assert.equal(worker.stdout, '');
    assert.equal(worker.stderr.match(/^w1@\S+ ready\.$/gm)?.length, 1);
    assert.match(worker.stderr, new RegExp(`broker +sqlite://${join(folder.path, 'queue.db')}`));
    assert.match(worker.stderr, /concurrency +2 \(threads\)/);
    assert.match(worker.stderr, /queues +celery, images/);
  });

  it('WORK-70 SIGTERM lets the running task end and hands back what has not started', async () => {
    const worker = start('-q', 'worker', '-c', '1');
    await worker.ready();
    const running = await answerOf('call', 'cli.gate', '-a', '["first"]');
    assert.equal(await readFile(started, 'utf8'), 'first');
    for (const name of ['second', 'third']) await answerOf('call', 'cli.gate', '-a', JSON.stringify([name]));
    worker.child.kill('SIGTERM');
    await worker.line(/^SIGTERM: warm shutdown/);
    await writeFile(release, '');
    assert.deepEqual(await worker.end, { code: 0, signal: null });
    assert.equal(await answerOf('result', running), '"first"');
    assert.equal(await answerOf('purge', '-f'), '2');
  });

  it('a second signal hands back what runs, too, and ends with 1', async () => {
    const worker = start('worker', '-c', '1');
    await worker.ready();
    await answerOf('call', 'cli.stuck');
    assert.equal(await readFile(started, 'utf8'), 'stuck');
    worker.child.kill('SIGTERM');
    await worker.line(/^SIGTERM: warm shutdown/);
    assert.deepEqual(await worker.kill('SIGINT'), { code: 1, signal: null });
    assert.match(worker.stderr, /^SIGINT: cold shutdown/m);
    assert.equal(await answerOf('purge', '-f'), '1');
  });

  it('WORK-72 SIGQUIT is cold at once; WORK-70 SIGINT is warm and ends with 1', async () => {
    const cold = start('worker', '-c', '1');
    await cold.ready();
    await answerOf('call', 'cli.stuck');
    assert.equal(await readFile(started, 'utf8'), 'stuck');
    assert.deepEqual(await cold.kill('SIGQUIT'), { code: 1, signal: null });
    assert.equal(await answerOf('purge', '-f'), '1');

    const warm = start('worker', '-c', '1');
    await warm.ready();
    assert.deepEqual(await warm.kill('SIGINT'), { code: 1, signal: null });
    assert.match(warm.stderr, /^SIGINT: warm shutdown/m);
  });

  it('T9 a task in a blocking system call cannot hold up the end: it goes back, and SIGKILL ends the process', async () => {
    const worker = start('worker', '-c', '1');
    await worker.ready();
    await answerOf('call', 'cli.gate', '-a', '["blocked"]');
    assert.equal(await readFile(started, 'utf8'), 'blocked');
    assert.deepEqual(await worker.kill('SIGQUIT'), { code: null, signal: 'SIGKILL' });
    assert.match(worker.stderr, /1 thread\(s\) hang in native code/);
    assert.equal(await answerOf('purge', '-f'), '1');
  });

  it('CLI-33 --purge removes what waits before it starts', async () => {
    await answerOf('call', 'cli.fail', '-a', '["must not run"]');
    const worker = start('worker', '-c', '1', '--purge', '-l', 'info');
    await worker.ready();
    await worker.kill('SIGTERM');
    assert.match(worker.stderr, /purged 1 messages from celery/);
    assert.doesNotMatch(worker.stderr, /must not run/);
  });

  it('logs one JSON object a line where stderr is no terminal, in any case of the level', async () => {
    const worker = start('worker', '-c', '1', '--loglevel', 'Info');
    await worker.ready();
    const id = await answerOf('call', 'cli.fail', '-a', '["on purpose"]');
    const line = JSON.parse(await worker.line(/on purpose/)) as { level: string; taskId: string; taskName: string };
    assert.equal(line.level, 'error');
    assert.equal(line.taskId, id);
    assert.equal(line.taskName, 'cli.fail');
  });

  it('an error that nobody catches on the main thread is logged and ends it with 1', async () => {
    env['THROW_ON_HOST'] = '1';
    const worker = start('worker', '-c', '1');
    assert.deepEqual(await worker.end, { code: 1, signal: null });
    assert.match(worker.stderr, /"level":"fatal".*thrown by a timer of the module/);
  });
});
