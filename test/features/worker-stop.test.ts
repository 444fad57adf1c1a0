/** WORK-70 to 79 and ENV-09: how a worker ends, by its methods and by signals to its process. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Celeriac, signals } from '../../core/app/public.js';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { app } from '../support/members/worker-tasks.js';
import { distRoot } from '../support/project.js';
import { Bench, endOf, tasksModule } from '../support/worker-bench.js';

const TOLD = { signal: 'SIGQUIT', exitCode: 1 };

describe('stopping a worker', { timeout: 60_000 }, () => {
  // Results in memory live as long as somebody has them open.
  before(() => app.connections.backend());
  after(() => app.close());

  test('WORK-70: a warm stop lets running tasks end undisturbed and hands back the others, uncounted', async () => {
    const bench = await Bench.start();
    const running = await bench.send('watchful');
    await bench.ear.started(running.id);
    const waiting = await bench.send('echo', ['later']);
    await bench.until(() => bench.worker.reserved().length === 1);
    const stopped = bench.worker.stop('warm', { signal: 'SIGTERM', exitCode: 0 });
    await bench.until(async () => (await bench.stats()).ready === 1);
    bench.open(running.id);
    await stopped;
    assert.equal(await running.get({ timeoutMs: 20_000 }), false);
    assert.equal(bench.ear.starts(waiting.id), 0);
    await using next = await Bench.start({}, bench.queue);
    assert.equal(await waiting.get({ timeoutMs: 20_000 }), 'later');
    assert.equal(next.worker.state, 'ready');
    bench.ear.close();
  });

  test('WORK-72: a cold stop hands running tasks back at once', async () => {
    const bench = await Bench.start();
    const running = await bench.send('hold');
    await bench.ear.started(running.id);
    await bench.worker.stop('cold', TOLD);
    const { ready, unacked } = await bench.stats();
    assert.deepStrictEqual([ready, unacked, await running.state()], [1, 0, 'PENDING']);
    bench.ear.close();
  });

  test('WORK-73: a soft stop gives running tasks their time and ends with the last of them; idle it waits only if told to', async () => {
    const patient = { settings: { workerSoftShutdownTimeout: 20 } };
    const bench = await Bench.start(patient);
    const running = await bench.send('hold');
    await bench.ear.started(running.id);
    const stopped = bench.worker.stop('cold', TOLD);
    assert.equal(bench.worker.isStoppingSoftly, true);
    bench.open(running.id);
    await stopped;
    assert.equal(await endOf(running), 'SUCCESS');
    bench.ear.close();
    const idle = await Bench.start(patient);
    await idle.worker.stop('cold', TOLD);
    idle.ear.close();
    const waiting = await Bench.start({
      settings: { workerSoftShutdownTimeout: 0.3, workerEnableSoftShutdownOnIdle: true },
    });
    const begun = Date.now();
    await waiting.worker.stop('cold', TOLD);
    assert.ok(Date.now() - begun >= 290, `${String(Date.now() - begun)} ms`);
    waiting.ear.close();
  });

  test('WORK-74: during the soft phase running tasks can be cancelled at once', async () => {
    const bench = await Bench.start({ settings: { workerSoftShutdownTimeout: 60 } });
    const running = await bench.send('hold');
    await bench.ear.started(running.id);
    const stopped = bench.worker.stop('cold', TOLD);
    bench.worker.cancelActive();
    await stopped;
    assert.equal((await bench.stats()).ready, 1);
    bench.ear.close();
  });

  test('WORK-75: cancelled, a late task goes back and an early one has failed; Celery, and compat, call that RETRY', async () => {
    for (const [reliability, expected] of [
      ['safe', 'FAILURE'],
      ['compat', 'RETRY'],
    ] as const) {
      const bench = await Bench.start({ concurrency: 2, settings: { reliability, taskAcksLate: true } });
      const [late, early] = [await bench.send('hold'), await bench.send('holdEarly')];
      await Promise.all([late, early].map(({ id }) => bench.ear.started(id)));
      await bench.until(async () => (await bench.stats()).unacked === 1);
      await bench.worker.stop('cold', TOLD);
      assert.deepStrictEqual([await late.state(), await early.state()], ['PENDING', expected], reliability);
      assert.equal((await bench.stats()).ready, 1);
      bench.ear.close();
    }
  });

  test('WORK-76: workerShuttingDown is sent at once, workerShutdown when everything is closed', async () => {
    const told: string[] = [];
    const bench = await Bench.start();
    const disconnects = [
      signals.workerShuttingDown.connect(({ sig, how, exitcode }) =>
        told.push(`${sig} ${how} ${String(exitcode)} ${bench.worker.state}`),
      ),
      signals.workerShutdown.connect(() => told.push(`shutdown ${bench.worker.state}`)),
    ];
    await bench.worker.stop('cold', TOLD);
    for (const disconnect of disconnects) disconnect();
    bench.ear.close();
    assert.deepStrictEqual(told, ['SIGQUIT Cold 1 ready', 'shutdown closing']);
  });

  test('WORK-79: what is unacknowledged is ready again when the worker has closed, held ETA tasks too', async () => {
    const bench = await Bench.start();
    for (const id of ['held-1', 'held-2']) {
      await bench.publish({
        lang: 'py',
        task: 'worker.echo',
        id,
        eta: `${new Date(Date.now() + 9_000).toISOString().slice(0, 19)}Z`,
      });
    }
    await bench.until(() => bench.worker.scheduled().length === 2);
    await bench.worker.close();
    const { ready, unacked } = await bench.stats();
    assert.deepStrictEqual([ready, unacked], [2, 0]);
    bench.ear.close();
  });
});

describe('signals to a worker', { timeout: 90_000 }, () => {
  let folder = '';
  let bin = '';
  let ledger = '';
  const processes: CeleriacProcess[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-signals-'));
    bin = join(distRoot, 'cli', 'main.js');
    ledger = join(folder, 'ledger');
  });
  after(async () => {
    await Promise.all(processes.map((process) => process.dispose()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(
    env: Readonly<Record<string, string>> = {},
    ...args: readonly string[]
  ): Promise<CeleriacProcess> {
    const worker = new CeleriacProcess(['-A', fileURLToPath(tasksModule), 'worker', '-c', '1', ...args], {
      cwd: folder,
      bin,
      env: { WORKER_TASKS_BROKER: `sqlite://${join(folder, 'queue.db')}`, WORKER_TASKS_LEDGER: ledger, ...env },
    });
    processes.push(worker);
    await worker.ready();
    return worker;
  }

  /** Sends a task that never ends by itself, and waits until it runs. */
  async function occupy(): Promise<string> {
    const remote = new Celeriac('signals', { brokerUrl: `sqlite://${join(folder, 'queue.db')}`, resultBackend: null });
    const { id } = await remote.sendTask('worker.hold');
    await remote.close();
    while (!readOrEmpty(ledger).includes(`started ${id}`)) await new Promise((resolve) => setTimeout(resolve, 5));
    return id;
  }

  async function waiting(): Promise<number> {
    const client = new CeleriacProcess(['-A', fileURLToPath(tasksModule), 'purge', '-f'], {
      cwd: folder,
      bin,
      env: { WORKER_TASKS_BROKER: `sqlite://${join(folder, 'queue.db')}` },
    });
    processes.push(client);
    await client.end;
    return Number(client.stdout);
  }

  test('WORK-71: the first SIGINT is warm and says how to be harder, the second is cold; the task goes back', async () => {
    const worker = await start();
    await occupy();
    worker.child.kill('SIGINT');
    await worker.line(/^SIGINT: warm shutdown.*SIGINT or SIGQUIT/);
    assert.deepStrictEqual(await worker.kill('SIGINT'), { code: 1, signal: null });
    assert.match(worker.stderr, /^SIGINT: cold shutdown/m);
    assert.equal(await waiting(), 1);
  });

  test('WORK-77: SIGHUP without a terminal ends the worker warm and starts the same command again', async () => {
    const worker = await start();
    worker.child.kill('SIGHUP');
    const line = await worker.line(/^restarted as process \d+/);
    const successor = Number(/\d+/.exec(line)?.[0]);
    try {
      // Its lines come through the streams of the first one.
      await worker.line(/ready\.[^]*/);
      while (worker.stderr.match(/ready\./g)?.length !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      process.kill(successor, 'SIGTERM');
    }
    assert.deepStrictEqual(await worker.end, { code: 0, signal: null });
  });

  test('WORK-78: the exit code is 0 after a warm stop by SIGTERM and 1 after every other signal', async () => {
    const codes: unknown[] = [];
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
      const worker = await start();
      worker.child.kill(signal);
      // Again, it changes nothing (WORK-70).
      if (signal === 'SIGTERM') worker.child.kill(signal);
      codes.push((await worker.end).code);
      assert.equal(worker.stderr.match(/(warm|cold) shutdown/g)?.length, 1);
    }
    assert.deepStrictEqual(codes, [0, 1, 1]);
  });

  test('ENV-09: REMAP_SIGTERM=SIGQUIT makes SIGTERM cold', async () => {
    const worker = await start({ REMAP_SIGTERM: 'SIGQUIT' });
    await occupy();
    assert.deepStrictEqual(await worker.kill('SIGTERM'), { code: 1, signal: null });
    assert.match(worker.stderr, /^SIGTERM: cold shutdown/m);
    assert.equal(await waiting(), 1);
  });
});

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
