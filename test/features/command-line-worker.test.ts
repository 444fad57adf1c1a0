/** The options of `celeriac worker` (features.md §23.3), each by what it does to a worker that runs. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as later } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { Celeriac } from '../../core/app/public.js';
import type { CeleriacProcess } from '../support/celeriac-process.js';
import { CommandLineProject } from '../support/command-line-project.js';

const APP = ['-A', 'tasks.js'];

/** Start of an escape sequence. */
const COLOR = '\u001b[';

/** Most options at once: they do not touch each other. */
const OPTIONS = [
  ...['-n', 'w1@%h', '-l', 'info', '-c', '2', '-P', 'prefork', '-O', 'fair', '-I', './more.js', '-S', 'state.db'],
  ...['-Q', 'one,two,three', '-X', 'three', '--prefetch-multiplier', '2', '--disable-prefetch'],
  ...['--time-limit', '2', '--soft-time-limit', '0.3', '--max-tasks-per-child', '1', '--purge'],
  ...['-f', '%n.log', '--pidfile', '%n-%p.pid', '--umask', '077', '--without-gossip', '--autoscale', '4,2'],
  ...['task_track_started=true', '.max_deliveries=(int)7'],
];

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await later(20);
}

let queues = 0;

/** What a worker of one thread with these options leaves in its queue, and what it holds, while a task does not end. */
async function holding(project: CommandLineProject, options: readonly string[]): Promise<object> {
  const address = `sqlite://${project.path('q.db')}`;
  await using app = new Celeriac('line', { brokerUrl: address, setAsCurrent: false });
  const queue = `held-${String(++queues)}`;
  // One batch before the start: what is taken at once is taken once.
  await Promise.all([1, 2, 3, 4, 5].map(() => app.sendTask('holds', { queue })));
  const worker = project.start([...APP, 'worker', '-c', '1', '-Q', queue, '-n', `${queue}@%h`, ...options]);
  await worker.ready();
  const transport = await app.connections.transport();
  const held = async (): Promise<number> => (await transport.stats(queue)).unacked;
  while ((await held()) === 0) await later(20);
  const { ready, unacked } = await transport.stats(queue);
  await worker.dispose();
  return { ready, unacked };
}

describe('options of a worker', { timeout: 180_000 }, () => {
  let project: CommandLineProject;
  let worker: CeleriacProcess;
  before(async () => {
    project = new CommandLineProject();
    await project.run([...APP, 'call', 'add', '-a', '[1,2]', '--queue', 'one', '--task-id', 'purged']);
    worker = project.start([...APP, 'worker', ...OPTIONS], {
      CELERY_WORKER_MAX_TASKS_PER_CHILD: '50',
      FORCE_COLOR: '1',
    });
    await worker.ready();
  });
  after(async () => {
    await worker.dispose();
    project.remove();
  });

  test('CLI-20: -n is the template of the name of the node', () => {
    assert.match(worker.stderr, new RegExp(`^w1@${hostname()} ready\\.$`, 'm'));
  });

  test('CLI-27: -c is the number of threads', async () => {
    const one = project.start([...APP, 'worker', '-c', '3', '-Q', 'counted']);
    await one.ready();
    assert.match(one.stderr, /concurrency +3 \(threads\)/);
    await one.dispose();
  });

  test('CLI-39: --autoscale bounds the number of threads, in either order, the least is 0 where one number is given; without it nothing scales', async () => {
    assert.match(worker.stderr, /concurrency +\{min=2, max=4\} \(threads\)/);
    const rangeOf = async (options: readonly string[]): Promise<string | undefined> => {
      const one = project.start([...APP, 'worker', '-Q', 'scaled', '-c', '1', ...options]);
      await one.ready();
      await one.kill('SIGTERM');
      return /concurrency +(.*) \(/.exec(one.stderr)?.[1];
    };
    assert.equal(await rangeOf(['--autoscale', '1,3']), '{min=1, max=3}');
    assert.equal(await rangeOf(['--autoscale', '3']), '{min=0, max=3}');
    assert.equal(await rangeOf([]), '1');
    // Two at once in a worker of at least one thread: it has grown.
    const growing = project.start([...APP, 'worker', '-Q', 'growing', '--autoscale', '2,1']);
    await growing.ready();
    const parties = [project.call('party', [2], 'growing'), project.call('party', [2], 'growing')];
    assert.deepEqual(await Promise.all(parties), [2, 2]);
    await growing.dispose();
  });

  test('CLI-32: --max-memory-per-child replaces a thread that holds more, KiB; without it none is', async () => {
    const threadsOf = async (options: readonly string[]): Promise<number> => {
      const queue = `memory-${String(++queues)}`;
      const one = project.start([...APP, 'worker', '-c', '1', '-Q', queue, ...options]);
      await one.ready();
      const before = await project.call('keep', [16], queue);
      if (options.length > 0) await until(() => one.stderr.includes('(heap)'));
      const after = await project.call('keep', [0], queue);
      await one.dispose();
      return new Set([before, after]).size;
    };
    assert.equal(await threadsOf(['--max-memory-per-child', '8192']), 2);
    assert.equal(await threadsOf([]), 1);
  });

  test('CLI-34: -Q selects queues', () => {
    assert.match(worker.stderr, /queues +one, two$/m);
  });

  test('CLI-35: -X leaves queues out', () => {
    assert.doesNotMatch(worker.stderr, /queues.*three/);
  });

  test('CLI-33: --purge removes what waited', async () => {
    // What comes later is through: so would be what came before.
    assert.equal(await project.call('add', [1, 2], 'one'), 3);
    const { code } = await project.run([...APP, 'result', 'purged', '--timeout', '0']);
    assert.equal(code, 69);
  });

  test('CLI-25: --prefetch-multiplier is the number of messages that are held for each thread', async () => {
    assert.deepEqual(await holding(project, ['--prefetch-multiplier', '2']), { ready: 3, unacked: 2 });
    assert.deepEqual(await holding(project, []), { ready: 1, unacked: 4 });
  });

  test('CLI-26: --disable-prefetch takes a message only for a thread that is free', async () => {
    assert.deepEqual(await holding(project, ['--disable-prefetch']), { ready: 4, unacked: 1 });
  });

  test('CLI-30: --soft-time-limit and --time-limit bound tasks', async () => {
    assert.equal(await project.call('waits', [], 'two'), 'SoftTimeLimitExceeded');
    await assert.rejects(project.call('holds', [], 'two'), /TimeLimitExceeded/);
  });

  test('CLI-31: --max-tasks-per-child replaces threads; what is typed stands above the environment', async () => {
    const threads = new Set([
      await project.call('thread', [], 'one'),
      await project.call('thread', [], 'one'),
      await project.call('thread', [], 'one'),
    ]);
    assert.equal(threads.size, 3);
  });

  test('CLI-36: -I names modules that threads load', async () => {
    assert.deepEqual(await project.call('loaded', [], 'one'), ['more']);
  });

  test('CLI-23: -l is the lowest level that is written', async () => {
    const strict = project.start([
      ...APP,
      'worker',
      '-Q',
      'other',
      '-n',
      'strict@%h',
      '-l',
      'WARNING',
      '-f',
      'strict.log',
    ]);
    await strict.ready();
    await strict.dispose();
    assert.doesNotMatch(readFileSync(project.path('strict.log'), 'utf8'), /"level":"(info|debug)"/);
    const odd = await project.run([...APP, 'worker', '-l', 'loud']);
    assert.equal(odd.code, 2);
    assert.doesNotMatch(readFileSync(project.path('w1.log'), 'utf8'), /"level":"debug"/);
    await project.call('add', [1, 2], 'one');
    assert.match(readFileSync(project.path('w1.log'), 'utf8'), /"level":"info"/);
    assert.match(worker.stderr, /tasks +/);
  });

  test('CLI-24: -O fair is accepted, and another word is refused', async () => {
    const { code, stderr } = await project.run([...APP, 'worker', '-O', 'best']);
    assert.equal(code, 2);
    assert.match(stderr, /default, fair/);
  });

  test('CLI-28: -P is the kind of pool, above the setting; without it the setting counts, and a word that is none is refused', async () => {
    const { code, stderr } = await project.run([...APP, 'worker', '-P', 'thread']);
    assert.equal(code, 64);
    assert.match(stderr, /did you mean "threads"/);
    const kindOf = async (options: readonly string[], workerPool?: string): Promise<string | undefined> => {
      const env = workerPool === undefined ? {} : { CELERIAC_WORKER_POOL: workerPool };
      const one = project.start([...APP, 'worker', '-c', '1', '-Q', 'pools', ...options], env);
      await one.ready();
      await one.kill('SIGTERM');
      return /concurrency +1 \((.*)\)/.exec(one.stderr)?.[1];
    };
    assert.equal(await kindOf(['-P', 'prefork']), 'threads');
    assert.equal(await kindOf([], 'processes'), 'processes');
    assert.equal(await kindOf(['-P', 'solo'], 'processes'), 'solo');
  });

  test('CLI-15: log file, pid file and umask are those of the options', async () => {
    const path = project.path(`w1-w1@${hostname()}.pid`);
    assert.equal(Number(readFileSync(path, 'utf8')), worker.pid);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const second = await project.run([...APP, 'worker', '--pidfile', path]);
    assert.equal(second.code, 73);
  });

  test('CONF-906: the daemon options have settings', async () => {
    const path = project.path(`w1-w1@${hostname()}.pid`);
    const { code, stderr } = await project.run([...APP, 'worker', `worker_pidfile=${path}`]);
    assert.equal(code, 73);
    assert.match(stderr, new RegExp(`belongs to process ${String(worker.pid)}`));
  });

  test('APP-10 words behind the options are settings', async () => {
    const expected = { taskTrackStarted: true, workerMaxDeliveries: 7 };
    assert.deepEqual(await project.call('conf', Object.keys(expected), 'one'), expected);
  });

  test('BUG-29 what has no effect yet is said in one line', () => {
    const lines = worker.stderr.split('\n').filter((line) => line.includes('no effect in this version'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /no effect in this version: --without-gossip/);
  });

  test('CLI-07: -C and NO_COLOR write no colours, FORCE_COLOR writes them', async () => {
    // CeleriacProcess sets NO_COLOR, which stands above FORCE_COLOR.
    assert.equal(worker.stderr.includes(COLOR), false);
    const colored = project.start([...APP, 'worker', '-Q', 'other'], { NO_COLOR: '', FORCE_COLOR: '1' });
    await colored.ready();
    assert.ok(colored.stderr.includes(`${COLOR}1;32mceleriac`));
    await colored.dispose();
    const plain = project.start(['-C', ...APP, 'worker', '-Q', 'other'], { NO_COLOR: '', FORCE_COLOR: '1' });
    await plain.ready();
    assert.equal(plain.stderr.includes(COLOR), false);
    await plain.dispose();
  });

  test('CLI-08: -q writes no banner', async () => {
    const quiet = project.start(['-q', ...APP, 'worker', '-Q', 'other'], { CELERY_WORKER_HOSTNAME: 'quiet@%h' });
    await quiet.ready();
    assert.doesNotMatch(quiet.stderr, /concurrency/);
    assert.match(quiet.stderr, new RegExp(`^quiet@${hostname()} ready`, 'm'));
    await quiet.dispose();
  });

  test('CLI-21: -D starts the worker as a process of its own and prints its id', async () => {
    const words = ['worker', '-D', '-Q', 'far', '-n', 'far@%h', '-f', 'far.log', '--pidfile', 'far.pid'];
    const { stdout, code } = await project.run([...APP, ...words]);
    assert.equal(code, 0);
    await until(
      () => existsSync(project.path('far.pid')) && /ready\./.test(readFileSync(project.path('far.log'), 'utf8')),
    );
    const pid = Number(readFileSync(project.path('far.pid'), 'utf8'));
    assert.equal(pid, Number(stdout));
    process.kill(pid, 'SIGTERM');
    await until(() => !existsSync(project.path('far.pid')));
  });

  test('-B is refused, for there is no beat in this version', async () => {
    const { code, stderr } = await project.run([...APP, 'worker', '-B']);
    assert.equal(code, 64);
    assert.match(stderr, /periodic tasks/);
  });

  test('CLI-22: -S names the file of the state, written at the end', async () => {
    assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null });
    assert.ok(existsSync(project.path('state.db')));
    assert.equal(existsSync(project.path(`w1-w1@${hostname()}.pid`)), false);
  });
});
