/**
 * `celeriac worker --processes`: nodes under a supervisor on one SQLite file (design §5; W1, W4, W8, T5, T7, N4). Real
 * processes, ended from outside and from inside; the tasks themselves write down each of their runs.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { Celeriac, type AsyncResult } from '../../core/app/public.js';
import type { CeleriacProcess } from '../support/celeriac-process.js';
import { CommandLineProject } from '../support/command-line-project.js';

const MODULE = (celeriac: string): string => `
import { appendFileSync } from 'node:fs';
import { Celeriac } from '${celeriac}';
export const app = new Celeriac('nodes', { brokerUrl: 'sqlite://./q.db', resultBackend: 'sqlite://./q.db' });
app.task('square', { bind: true }, (ctx, n) => {
  appendFileSync('runs', ctx.request.id + ' ' + process.pid + '\\n');
  return n * n;
});
app.task('pid', () => process.pid);
app.task('host', { bind: true }, (ctx) => ctx.request.hostname);
app.task('fault', () => void process.kill(process.pid, 'SIGSEGV'));
app.task('abort', () => { for (const grown = [];;) grown.push(grown.length); });
app.task('slow', { bind: true }, async (ctx) => {
  appendFileSync('runs', ctx.request.id + ' slow\\n');
  await new Promise((resolve) => setTimeout(resolve, 700));
  return 'done';
});
`;

const WAIT = { timeoutMs: 60_000 };

function listening(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(null);
    });
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

/** The first of two ports that nobody has. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = await listening(0);
    const { port } = first?.address() as AddressInfo;
    const second = await listening(port + 1);
    first?.close();
    second?.close();
    if (second !== null) return port;
  }
}

describe('nodes under a supervisor', { timeout: 300_000 }, () => {
  let project: CommandLineProject;
  let app: Celeriac;
  let running: CeleriacProcess[] = [];

  before(() => {
    project = new CommandLineProject();
    project.write('tasks.js', MODULE(project.celeriac));
    const database = `sqlite://${project.path('q.db')}`;
    app = new Celeriac('nodes', { brokerUrl: database, resultBackend: database });
  });

  afterEach(async () => {
    // The nodes of a supervisor that is gone end by themselves.
    await Promise.all(running.map((one) => one.dispose()));
    running = [];
  });

  after(async () => {
    await app.close();
    project.remove();
  });

  function start(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): CeleriacProcess {
    const worker = project.start(['-A', 'tasks.js', 'worker', '--processes', '2', '-c', '1', ...words], env, true);
    running.push(worker);
    return worker;
  }

  async function started(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    const worker = start(words, env);
    await worker.line(/^2 nodes ready\.$/);
    return worker;
  }

  const call = <T>(name: string, args: readonly unknown[] = []): Promise<AsyncResult<T>> =>
    app.sendTask<T>(name, { args });

  /** The process of a node, as the log names it. */
  async function pidOfNode(): Promise<number> {
    return (await call<number>('pid')).get(WAIT);
  }

  const runs = (): readonly string[] => readFileSync(project.path('runs'), 'utf8').split('\n').slice(0, -1);

  async function turnUntil(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  }

  it('shows one banner with all nodes, and is ready once', async () => {
    const worker = await started(['-n', 'w%i@here']);
    const { stderr } = worker;
    assert.match(stderr, /^ {2}nodes {8}w1@here, w2@here$/m);
    assert.match(stderr, /^ {2}concurrency {2}2 processes × 1\b/m);
    assert.equal(stderr.match(/^celeriac \d/gm)?.length, 1);
    assert.equal(stderr.match(/ready\./g)?.length, 1);
    assert.notEqual(await pidOfNode(), worker.pid);
    const { stdout } = await project.run(['-A', 'tasks.js', 'call', 'host', '--wait', '--timeout', '30']);
    assert.match(stdout, /^"w[12]@here"$/m);
    assert.deepStrictEqual(await worker.kill('SIGTERM'), { code: 0, signal: null });
    assert.equal(stderr.match(/nodes stopped/g), null);
    assert.match(worker.stderr, /^2 nodes stopped\.$/m);
  });

  it('W1 kill -9 of a node in the middle: nothing is lost, and the node comes back', async () => {
    const worker = await started(['--prefetch-multiplier', '10']);
    const sent = await Promise.all(Array.from({ length: 200 }, (_, n) => call<number>('square', [n])));
    await turnUntil(() => existsSync(project.path('runs')) && runs().length > 20);
    const victim = Number(runs().at(-1)?.split(' ')[1]);
    process.kill(victim, 'SIGKILL');
    await Promise.all(sent.map(async (result, n) => assert.equal(await result.get(WAIT), n * n)));
    assert.match(await worker.line(/died: SIGKILL/), /celery-[12]@.* it is started again in 0\.\d s/);
    await worker.line(/^celery-[12]@\S+ is back as process \d+\.$/);
    const counted = new Map<string, number>();
    for (const run of runs()) counted.set(run.split(' ')[0] ?? '', (counted.get(run.split(' ')[0] ?? '') ?? 0) + 1);
    for (const { id } of sent) assert.ok((counted.get(id) ?? 0) >= 1);
    const repeated = [...counted.values()].reduce((sum, count) => sum + count - 1, 0);
    assert.ok(repeated <= 10, `${String(repeated)} repeats, more than were prefetched`);
    assert.equal((await worker.kill('SIGTERM')).code, 0);
  });

  it('T7, W8 a task whose runs end the process is named, and given up at the third; others are not', async () => {
    const worker = await started();
    const poison = await call('fault');
    const others = await Promise.all(Array.from({ length: 40 }, (_, n) => call<number>('square', [n])));
    // The other node may have it before it is told of the third.
    await assert.rejects(poison.get(WAIT), { name: 'WorkerLostError', message: /[34] processes died/ });
    await Promise.all(others.map(async (result, n) => assert.equal(await result.get(WAIT), n * n)));
    const deaths = worker.stderr.split('\n').filter((line) => /died: SIGSEGV/.test(line));
    assert.ok(deaths.length === 3 || deaths.length === 4, String(deaths.length));
    for (const line of deaths) {
      const { tasks, signal, node } = JSON.parse(line) as {
        tasks: { id: string; name: string }[];
        signal: string;
        node: string;
      };
      assert.ok(
        tasks.some(({ id, name }) => id === poison.id && name === 'fault'),
        line,
      );
      assert.equal(signal, 'SIGSEGV');
      assert.match(node, /^celery-[12]@/);
    }
    const dead = JSON.parse((await project.run(['-A', 'tasks.js', 'dead', 'list', '--json'])).stdout) as {
      id: string;
      reason: string;
    }[];
    assert.deepStrictEqual(
      dead.map(({ id, reason }) => [id, reason]),
      [[poison.id, 'too-many-deliveries']],
    );
    assert.equal((await worker.kill('SIGTERM')).code, 0);
  });

  it('T5 one array that grows aborts a process: the task is named with its time, the worker lives', async () => {
    const options = '--max-old-space-size=64';
    const worker = await started([], { NODE_OPTIONS: options });
    const poison = await call('abort');
    await assert.rejects(poison.get(WAIT), { name: 'WorkerLostError' });
    const lines = worker.stderr
      .split('\n')
      .filter((line) => /died: (SIGABRT|SIGTRAP|SIGILL|exit code 13\d)/.test(line));
    assert.equal(lines.length, 3);
    for (const line of lines) assert.match(line, new RegExp(`running abort\\[${poison.id}\\]`));
    assert.equal(await (await call<number>('square', [3])).get(WAIT), 9);
    assert.equal((await worker.kill('SIGTERM')).code, 0);
  });

  it('W4 a node that is stopped (SIGSTOP) is killed and replaced', async () => {
    const worker = await started([], { CELERIAC_WORKER_PROCESS_BEAT_TIMEOUT_MS: '3000' });
    const stopped = await pidOfNode();
    process.kill(stopped, 'SIGSTOP');
    assert.match(await worker.line(/has given no sign for/), new RegExp(`"nodePid":${String(stopped)}\\b`));
    await worker.line(/is back as process/);
    assert.equal((await worker.kill('SIGTERM')).code, 0);
    assert.throws(() => process.kill(stopped, 0), { code: 'ESRCH' });
  });

  it('W2 SIGTERM: tasks that run end, the exit code is 0; Ctrl-C: 1, and nobody takes it for two', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 0],
      ['SIGINT', 1],
    ] as const) {
      const worker = await started();
      const sent = await Promise.all([call('slow'), call('slow')]);
      await turnUntil(() => sent.every(({ id }) => runs().includes(`${id} slow`)));
      assert.deepStrictEqual(await worker.killGroup(signal), { code, signal: null });
      for (const result of sent) assert.equal(await result.get({ timeoutMs: 1_000 }), 'done');
    }
  });

  it('WORK-77 SIGHUP restarts one node after another with the code that is there now', async () => {
    const worker = await started();
    const before = project.path('tasks.js');
    const text = readFileSync(before, 'utf8');
    project.write('tasks.js', `${text}app.task('added', () => 'new');\n`);
    worker.child.kill('SIGHUP');
    await worker.line(/^All nodes were restarted\.$/);
    assert.equal(worker.stderr.match(/is back as process/g)?.length, 2);
    assert.equal(await (await call('added')).get(WAIT), 'new');
    project.write('tasks.js', text);
    assert.equal((await worker.kill('SIGTERM')).code, 0);
  });

  it('N4 a module that cannot be loaded ends it with the error and its code, not in a loop', async () => {
    project.write('bad.js', 'export const nothing = 1;\n');
    const { code, stderr } = await project.run(['-A', 'bad.js', 'worker', '--processes', '2']);
    assert.equal(code, 64);
    assert.match(stderr, /^celeriac: .*bad\.js/m);
    assert.match(stderr, /no node can start \(exit code 64\)/);
  });

  it('the nodes of a supervisor that was killed end in order', async () => {
    const worker = await started();
    // The pipe that it shares with its nodes is closed when the last of them is gone: `end` waits for that.
    await worker.kill('SIGKILL');
    assert.match(worker.stderr, /^celery-1@\S+ stopped\.$/m);
    assert.match(worker.stderr, /^celery-2@\S+ stopped\.$/m);
  });

  it('nodes whose supervisor was killed while they loaded do not stay', async () => {
    project.write(
      'loads.js',
      `import { existsSync, writeFileSync } from 'node:fs';
writeFileSync('loading-' + process.pid, '');
while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));
export * from './tasks.js';
`,
    );
    const worker = project.start(['-A', 'loads.js', 'worker', '--processes', '2', '-c', '1'], {}, true);
    running.push(worker);
    await turnUntil(() => readdirSync(project.folder).filter((name) => name.startsWith('loading-')).length === 2);
    worker.child.kill('SIGKILL');
    await once(worker.child, 'exit');
    project.write('go', '');
    // The pipe that they share with it is closed when the last of them is gone.
    await worker.end;
    assert.doesNotMatch(worker.stderr, /ready/);
  });

  it('--http: each node has a port of its own, also the next process of one that died', async () => {
    const port = await freePorts();
    const worker = await started(['--http', `127.0.0.1:${String(port)}`]);
    const ask = async (index: number, path: string): Promise<string> => {
      const url = `http://127.0.0.1:${String(port + index)}/${path}`;
      return (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
    };
    for (const index of [0, 1]) {
      assert.match(await ask(index, 'readyz'), /"ok":true/);
      assert.match(await ask(index, 'metrics'), /^celeriac_pool_members\{state="ready"\} 1$/m);
    }
    process.kill(await pidOfNode(), 'SIGKILL');
    await worker.line(/is back as process/);
    for (const index of [0, 1]) assert.match(await ask(index, 'livez'), /"ok":true/);
    assert.equal((await worker.kill('SIGTERM')).code, 0);
  });

  it('the pid file is the supervisor’s; %n, %i and the state get files of each node', async () => {
    const worker = await started(['--pidfile', 'all.pid', '-f', 'log%I', '-S', 'state']);
    assert.equal(readFileSync(project.path('all.pid'), 'utf8'), `${String(worker.pid)}\n`);
    process.kill(await pidOfNode(), 'SIGKILL');
    await worker.line(/is back as process/);
    assert.match(readFileSync(project.path('log'), 'utf8'), /died: SIGKILL/);
    assert.equal((await worker.kill('SIGTERM')).code, 0);
    const names = readdirSync(project.folder);
    assert.ok(!names.includes('all.pid'));
    for (const name of ['state-1', 'state-2', 'log']) assert.ok(names.includes(name), name);
    const second = await started(['--pidfile', 'one-%i.pid']);
    const numbers = ['one-1.pid', 'one-2.pid'].map((name) => Number(readFileSync(project.path(name), 'utf8')));
    assert.equal(readFileSync(project.path('one-0.pid'), 'utf8'), `${String(second.pid)}\n`);
    assert.ok(numbers.includes(await pidOfNode()));
    assert.equal((await second.kill('SIGTERM')).code, 0);
  });

  it('workerProcesses as a setting is enough; -D detaches the supervisor', async () => {
    const words = ['-A', 'tasks.js', 'worker', '-c', '1', '-D', '-f', 'detached.log', 'worker.processes=2'];
    const { stdout, stderr } = await project.run(words);
    const pid = Number(stdout);
    assert.ok(pid > 0, stderr);
    const log = (): string => readFileSync(project.path('detached.log'), 'utf8');
    await turnUntil(() => existsSync(project.path('detached.log')) && /2 nodes ready\./.test(log()));
    process.kill(pid, 'SIGTERM');
    await turnUntil(() => /2 nodes stopped\./.test(log()));
  });
});
