/** `celeriac worker -P …` as a process: child processes that crash, the one thread, and async tasks at once (CONC-01 to 06). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CommandLineProject } from '../support/command-line-project.js';
import type { CeleriacProcess } from '../support/celeriac-process.js';

const APP = ['-A', 'pools.js'];

function tasks(celeriac: string): string {
  return `
import { writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { Celeriac } from '${celeriac}';

export const app = new Celeriac('pools', { brokerUrl: 'sqlite://./q.db', resultBackend: 'sqlite://./q.db' });
app.task('where', () => [process.pid, threadId, app.role]);
app.task('segfault', { acksLate: false }, () => process.kill(process.pid, 'SIGSEGV'));
app.task('says', (words) => void process.stdout.write(words));
app.task('loops', { timeLimit: 0.3 }, () => { for (;;); });
let meeting = [];
const meets = app.task('meets', (count) => new Promise((resolve) => {
  meeting.push(resolve);
  if (meeting.length === count) for (const each of meeting) each(process.pid);
}));
app.task('sends', async (count) => {
  const sent = await Promise.all(Array.from({ length: count }, () => meets.delay(count + 1)));
  return sent.length;
});
`;
}

describe('celeriac worker -P', { timeout: 180_000 }, () => {
  let project: CommandLineProject;
  const workers: CeleriacProcess[] = [];

  async function start(...words: readonly string[]): Promise<CeleriacProcess> {
    const worker = project.start([...APP, 'worker', ...words]);
    workers.push(worker);
    await worker.ready();
    return worker;
  }

  async function call(task: string, args: readonly unknown[] = []): Promise<unknown> {
    const words = [...APP, 'call', task, '-a', JSON.stringify(args), '--wait', '--timeout', '60'];
    const { stdout, stderr } = await project.run(words);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as unknown;
  }

  before(() => {
    project = new CommandLineProject();
    project.write('pools.js', tasks(project.celeriac));
  });

  after(async () => {
    for (const worker of workers) await worker.dispose();
    project.remove();
  });

  it('processes: a fault in native code ends one child, its task has failed, and the next tasks run', async () => {
    const worker = await start('-P', 'processes', '-c', '2');
    assert.match(worker.stderr, /concurrency +2 \(processes\)/);
    const [pid, threadId, role] = (await call('where')) as readonly [number, number, string];
    assert.notEqual(pid, worker.pid);
    assert.deepEqual([threadId, role], [0, 'member']);
    await assert.rejects(call('segfault'), /WorkerLostError.*SIGSEGV/s);
    await worker.line(/member \d lost: .*SIGSEGV/);
    for (let i = 0; i < 4; i++) assert.notEqual(((await call('where')) as readonly number[])[0], worker.pid);
    await call('says', ['from a child']);
    await worker.line(/from a child/);
    await assert.rejects(call('loops'), /TimeLimitExceeded/);
    assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null });
  });

  it('solo: tasks run in the thread of the worker', async () => {
    const worker = await start('-P', 'solo', '-c', '4');
    assert.match(worker.stderr, /concurrency +1 \(solo\)/);
    assert.deepEqual(await call('where'), [worker.pid, 0, 'host']);
    assert.deepEqual(await call('where'), [worker.pid, 0, 'host']);
    assert.match(worker.stderr, /the concurrency is 1, not 4/);
    assert.match(worker.stderr, /a time limit ends only what awaits a promise/);
    assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null });
  });

  it('gevent: 200 async tasks run at once', async () => {
    const worker = await start('-P', 'gevent', '-c', '200');
    assert.match(worker.stderr, /concurrency +200 \(gevent\)/);
    // 199 that nobody awaits here, and this one.
    assert.equal(await call('sends', [199]), 199);
    assert.equal(await call('meets', [200]), worker.pid);
    assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null });
  });

  it('a word that is no pool is refused with the one that was meant', async () => {
    const { code, stderr } = await project.run([...APP, 'worker', '-P', 'proceses']);
    assert.equal(code, 64);
    assert.match(stderr, /unknown pool "proceses"; did you mean "processes"\?/);
  });
});
