/** WORK-01 to 08 and the signals of a worker's life (SIG-24 to 30, 32). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signals } from '../../core/app/public.js';
import { formatBanner } from '../../cli/banner.js';
import { Worker } from '../../core/worker/public.js';
import { app } from '../support/members/worker-tasks.js';
import { Bench, Ear, newQueue, tasksModule } from '../support/worker-bench.js';

const BOOT = [
  'celerydInit',
  'workerInit',
  'importModules',
  'celerydAfterSetup',
  'workerBeforeCreateProcess',
  'workerReady',
] as const;

describe('the start of a worker', { timeout: 60_000 }, () => {
  const queue = newQueue();
  const ear = new Ear();
  /** Name of each signal, its arguments, and what was there at that moment. */
  const seen: {
    readonly name: string;
    readonly event: Readonly<Record<string, unknown>>;
    readonly state: string | null;
  }[] = [];
  const consumersAt = new Map<string, Promise<number>>();
  let worker: Worker;

  before(async () => {
    const transport = await app.connections.transport();
    await transport.declare([{ name: queue, durable: true }]);
    await app.sendTask('worker.echo', { args: ['old'], queue, taskId: 'purged' });
    const disconnects = [...BOOT, 'workerShutdown' as const].map((name) =>
      signals[name].connect((event: object) => {
        const about = event as Readonly<Record<string, unknown>>;
        const subject = (about['instance'] ?? about['sender']) as Worker;
        seen.push({ name, event: about, state: subject instanceof Worker ? subject.state : null });
        consumersAt.set(
          name,
          transport.stats(queue).then(({ consumers }) => consumers),
        );
      }),
    );
    disconnects.push(
      signals.celerydInit.connect(({ conf }) => {
        (conf as Record<string, unknown>)['workerPrefetchMultiplier'] = 7;
      }),
    );
    worker = await Worker.start({
      app,
      module: tasksModule,
      queues: [queue],
      concurrency: 2,
      purge: true,
      hostname: 'w1@here',
    });
    await worker.addConsumer(newQueue());
    const [init] = await Promise.all([ear.heard(({ kind }) => kind === 'member')]);
    assert.equal(init.task, 'init');
    closeAll = async () => {
      await worker.close();
      for (const disconnect of disconnects) disconnect();
    };
  });
  let closeAll: () => Promise<void> = () => Promise.resolve();
  after(async () => {
    await closeAll();
    ear.close();
  });

  const eventOf = (name: string): Readonly<Record<string, unknown>> =>
    seen.find((one) => one.name === name)?.event ?? {};

  test('WORK-01: members are started before the queues are consumed, and both before the worker is ready', async () => {
    assert.equal(await consumersAt.get('workerBeforeCreateProcess'), 0);
    assert.equal(await consumersAt.get('workerReady'), 1);
    assert.equal(worker.stats().pool.processes.length, 2);
  });

  test('WORK-02: the signals of the start come in the order of Celery', () => {
    const names = seen.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) === i);
    assert.deepStrictEqual(names.slice(0, BOOT.length), BOOT);
    assert.ok(seen.slice(0, -1).every(({ state }) => state === 'starting' || state === null));
  });

  test('WORK-03: the banner names node, broker, results, concurrency, queues and tasks', () => {
    const banner = formatBanner(worker, { color: false, hasTasks: true });
    const line = (name: string): string => new RegExp(`^ +${name} +(.*)$`, 'm').exec(banner)?.[1] ?? '';
    assert.deepStrictEqual(['node', 'broker', 'results', 'concurrency', 'queues'].map(line), [
      'w1@here',
      worker.brokerAddress,
      worker.backendAddress,
      '2 (threads)',
      worker.queues.join(', '),
    ]);
    assert.match(banner, /^ +(tasks +)?worker\.echo$/m);
  });

  test('WORK-05: purge removes what waits in the queues before the start', async () => {
    assert.equal(await app.asyncResult('purged').state(), 'PENDING');
    const { ready, unacked } = await (await app.connections.transport()).stats(queue);
    assert.deepStrictEqual([ready, unacked, ear.starts('purged')], [0, 0, 0]);
  });

  test('WORK-06: a worker of root says so, and starts', async () => {
    await using bench = await Bench.start();
    const isSaid = bench.log.some(({ level, message }) => level === 'warn' && message.includes('root'));
    assert.equal(isSaid, process.getuid?.() === 0);
    assert.equal(bench.worker.state, 'ready');
  });

  test('WORK-08: the tasks are those of the start: one that is registered later is unknown to the worker', async () => {
    await using bench = await Bench.start();
    app.task('worker.afterwards', () => 1);
    assert.ok(!bench.worker.taskNames.includes('worker.afterwards'));
    await bench.send('afterwards');
    await bench.until(async () => (await bench.deaths()).length === 1);
    assert.deepStrictEqual(await bench.deaths(), ['unknown-task']);
  });

  test('importModules is sent with the app before members load modules', () => {
    assert.equal(eventOf('importModules')['sender'], app);
  });

  test('SIG-24: celerydInit may change the settings of the worker', () => {
    const { sender, instance, options } = eventOf('celerydInit');
    assert.deepStrictEqual([sender, instance], ['w1@here', worker]);
    assert.equal((options as { readonly concurrency: number }).concurrency, 2);
    assert.equal(worker.settings.workerPrefetchMultiplier, 7);
    assert.equal(worker.stats().prefetchCount, 14);
  });

  test('SIG-25: celerydAfterSetup is sent when queues are known, and may still add some', async () => {
    const { sender, instance, conf } = eventOf('celerydAfterSetup');
    assert.deepStrictEqual([sender, instance, conf], ['w1@here', worker, worker.settings]);
    const added = newQueue();
    const disconnect = signals.celerydAfterSetup.connect(({ instance: starting }) =>
      (starting as Worker).addConsumer(added),
    );
    await using bench = await Bench.start();
    disconnect();
    assert.deepStrictEqual(bench.worker.queues, [bench.queue, added]);
    const sent = await app.sendTask('worker.echo', { args: ['there'], queue: added });
    assert.equal(await sent.get({ timeoutMs: 20_000 }), 'there');
  });

  test('SIG-26: workerInit is sent with the worker before anything is opened', () => {
    assert.equal(eventOf('workerInit')['sender'], worker);
    assert.equal(seen.find(({ name }) => name === 'workerInit')?.state, 'starting');
  });

  test('SIG-27: workerBeforeCreateProcess is sent before each member, a replacement too', async () => {
    const countOf = (of: Worker): number =>
      seen.filter(({ name, event }) => name === 'workerBeforeCreateProcess' && event['sender'] === of).length;
    assert.equal(countOf(worker), 2);
    await using bench = await Bench.start();
    assert.equal(countOf(bench.worker), 1);
    await (await bench.send('early', ['exit'])).get({ timeoutMs: 20_000, propagate: false });
    await (await bench.send('echo')).get({ timeoutMs: 20_000 });
    assert.equal(countOf(bench.worker), 2);
  });

  test('SIG-28: workerProcessInit is sent in each member before it takes tasks', () => {
    assert.ok(ear.words.filter(({ kind, task }) => kind === 'member' && task === 'init').length >= 2);
  });

  test('SIG-29: workerProcessShutdown is sent in a member that ends in order, with pid and exit code', async () => {
    const bench = await Bench.start();
    const ended = bench.ear.heard(({ kind, task }) => kind === 'member' && task === 'shutdown');
    await bench.worker.close();
    const { threadId, ...value } = (await ended).value as { readonly threadId: number };
    assert.deepStrictEqual(value, { pid: process.pid, exitcode: 0 });
    assert.ok(threadId > 0);
    bench.ear.close();
  });

  test('SIG-30: workerReady is sent when the queues are consumed', () => {
    assert.equal(eventOf('workerReady')['sender'], worker);
    assert.equal(seen.find(({ name }) => name === 'workerReady')?.state, 'ready');
  });

  test('SIG-32: workerShutdown is sent when everything is closed', async () => {
    const ends: string[] = [];
    const bench = await Bench.start();
    const disconnect = signals.workerShutdown.connect(({ sender }) => ends.push((sender as Worker).state), {
      sender: bench.worker,
    });
    await bench.worker.close();
    disconnect();
    bench.ear.close();
    assert.deepStrictEqual(ends, ['closing']);
    assert.equal((await bench.stats()).consumers, 0);
  });
});
