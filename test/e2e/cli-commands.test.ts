/** call, result, purge and dead as processes: what stands on stdout, what on stderr, and the exit code (design §3). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Celeriac } from '../../core/app/celeriac.js';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import type { MessageProperties } from '../../core/ports/transport.js';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { fixture } from '../support/project.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const tasks = fixture('apps', 'cli-tasks.ts');
const properties: MessageProperties = {
  correlationId: null,
  replyTo: null,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  deliveryMode: 2,
  priority: null,
  expirationMs: null,
};

describe('the command line', { timeout: 120_000 }, () => {
  let folder: TemporaryFolder;
  let broker = '';
  let worker: CeleriacProcess;
  let client: Celeriac;

  function start(...args: readonly string[]): CeleriacProcess {
    const env = { CELERIAC_BROKER_URL: broker, CELERIAC_RESULT_BACKEND: broker };
    return new CeleriacProcess(args, { cwd: folder.path, env });
  }

  async function run(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const process = start(...args);
    const { code } = await process.end;
    return { code, stdout: process.stdout, stderr: process.stderr };
  }

  async function publish(headers: HeaderTable, body: string, contentType = 'application/json'): Promise<void> {
    const transport = await client.connections.transport();
    await transport.declare([{ name: 'celery', durable: true }]);
    const message = { exchange: '', routingKey: 'celery', headers: HeaderBlock.fromTable(headers) };
    const rest = { properties: { ...properties, contentType }, body: Buffer.from(body), notBeforeEpochMs: null };
    await transport.publish([{ ...message, ...rest }]);
  }

  before(async () => {
    folder = await temporaryFolder();
    broker = `sqlite://${join(folder.path, 'queue.db')}`;
    client = new Celeriac('client', { brokerUrl: broker, resultBackend: broker });
    worker = start('-A', tasks, 'worker', '-c', '1');
    await worker.ready();
  });

  after(async () => {
    await worker.dispose();
    await client.close();
    await folder.remove();
  });

  it('call --wait answers with the result as JSON, and nothing else, big integers unharmed', async () => {
    const sum = await run('-A', tasks, 'call', 'cli.add', '--args', '[9007199254740993, 2]', '--wait');
    assert.deepEqual(sum, { code: 0, stdout: '9007199254740995\n', stderr: '' });
    const text = await run('-A', tasks, 'call', 'cli.concat', '-k', '{"right":"b","left":"a"}', '--wait');
    assert.deepEqual(text, { code: 0, stdout: '"ab"\n', stderr: '' });
  });

  it('CLI-52 call answers with the id, and result with what became of it', async () => {
    const { code, stdout } = await run('-A', tasks, 'call', 'cli.add', '-a', '[1,2]', '--task-id', 'chosen-id');
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'chosen-id\n' });
    assert.deepEqual(await run('-A', tasks, 'result', 'chosen-id'), { code: 0, stdout: '3\n', stderr: '' });
  });

  it('a task that fails is exit code 1 and one line; its traceback is an answer', async () => {
    const failed = await run('-A', tasks, 'call', 'cli.fail', '-a', '["no room"]', '--task-id', 'failing', '--wait');
    const line = 'celeriac: task failing failed: RangeError: no room';
    assert.deepEqual(failed, { code: 1, stdout: '', stderr: line });
    const { code, stdout, stderr } = await run('-A', tasks, 'result', 'failing', '--traceback');
    assert.deepEqual({ code, stderr }, { code: 1, stderr: line });
    assert.match(stdout, /^RangeError: no room\n {4}at .*cli-tasks\.ts:\d+:\d+/);
  });

  it('a broker is enough to call a task by its name', async () => {
    const { code, stdout } = await run('call', 'cli.add', '-a', '[1,2]', '--wait', '--timeout', '60');
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '3\n' });
  });

  it('without a result in time the exit code is 69', async () => {
    const { code, stdout, stderr } = await run('-A', tasks, 'result', 'never-sent', '--timeout', '0.05');
    assert.deepEqual({ code, stdout }, { code: 69, stdout: '' });
    assert.match(stderr, /^celeriac: .*never-sent.*50 ms$/);
  });

  it('purge counts what it removes, and asks nobody with -f', async () => {
    for (const id of ['a', 'b']) {
      await run('-A', tasks, 'call', 'cli.add', '-a', '[1,2]', '--queue', 'unserved', '--task-id', id);
    }
    assert.deepEqual(await run('-A', tasks, 'purge', '-f', '-Q', 'unserved'), { code: 0, stdout: '2\n', stderr: '' });
    const refused = await run('-A', tasks, 'purge', '-Q', 'unserved');
    assert.equal(refused.code, 64);
    assert.match(refused.stderr, /^celeriac: purge asks .* add -f$/);
  });

  it('what cannot run is dead-lettered, never fatal, and dead list and show tell why', async () => {
    await publish({ id: 'unknown', task: 'cli.nobody-knows' }, '[[],{},{}]');
    await publish({ id: 'pickled', task: 'cli.add' }, 'cos\nsystem', 'application/x-python-serialize');
    await publish({ id: 'undecodable', task: 'cli.add' }, '[[1,');
    await publish({ note: 'no task at all' }, '[[],{},{}]');
    // Behind them in the queue: when it has run, they have been judged; a warm shutdown then settles everything.
    assert.equal((await run('-A', tasks, 'call', 'cli.add', '-a', '[1,2]', '--wait')).stdout, '3\n');
    assert.equal((await worker.kill('SIGTERM')).code, 0);

    const { stdout } = await run('-A', tasks, 'dead', 'list', '--json');
    const letters = JSON.parse(stdout) as readonly { id: string | null; reason: string; queue: string }[];
    const reasons = letters.map(({ id, reason }) => `${String(id)}: ${reason}`).sort();
    const expected = ['null: unknown-message', 'pickled: content-disallowed', 'undecodable: unreadable'];
    assert.deepEqual(reasons, [...expected, 'unknown: unknown-task']);
    assert.ok(letters.every(({ queue }) => queue === 'celery.dead'));

    const table = await run('-A', tasks, 'dead', 'list', '-Q', 'celery');
    assert.equal(table.stdout.trimEnd().split('\n').length, 1 + letters.length);
    const shown = await run('-A', tasks, 'dead', 'show', 'pickled');
    assert.match(shown.stdout, /reason +content-disallowed/);
    assert.match(shown.stdout, /body \(application\/x-python-serialize\)\n {2}cos system/);
    const waiting = await run('-A', tasks, 'result', 'unknown');
    assert.equal(
      waiting.stderr,
      'celeriac: task unknown failed: NotRegistered: task "cli.nobody-knows" is not registered',
    );
  });
});

describe('wrong use of the command line', { timeout: 120_000 }, () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    [
      'an unknown option',
      ['-A', tasks, 'worker', '--quues', 'x'],
      2,
      /unknown option '--quues' \(Did you mean --queues\?\)/,
    ],
    ['an unknown command', ['wroker'], 2, /unknown command 'wroker' \(Did you mean worker\?\)/],
    [
      'a wrong module',
      ['-A', './cli-taks.ts', 'worker'],
      64,
      /cannot find the module ".\/cli-taks.ts": tried .*cli-taks\.ts/,
    ],
    ['no app', ['worker'], 64, /no app: name the module .* celeriac -A tasks\.ts/],
    ['a wrong export', ['-A', `${tasks}:nope`, 'worker'], 64, /has no app named "nope"; it exports .*app/],
    ['a wrong scheme', ['-A', tasks, '-b', 'sqllite://./q.db', 'worker'], 64, /did you mean "sqlite:\/\/"\?/],
    ['a database in no folder', ['-A', tasks, '-b', 'sqlite:///no/such/q.db', 'worker'], 64, /\/no\/such\/q\.db/],
    ['bad JSON', ['-A', tasks, 'call', 'x', '-a', '[1,2}'], 2, /expected ',' or '\]' at position 4: \[1,2▶\}/],
    ['arguments that are no list', ['-A', tasks, 'call', 'x', '-a', '{}'], 2, /must be a JSON array/],
    ['no threads', ['-A', tasks, 'worker', '-c', '0'], 2, /whole number of at least 1/],
  ];
  for (const [what, args, code, line] of cases) {
    it(`${what} is one line and exit code ${String(code)}`, async () => {
      const folder = await temporaryFolder();
      const process = new CeleriacProcess(args, { cwd: folder.path });
      assert.equal((await process.end).code, code, process.stderr);
      assert.equal(process.stdout, '');
      assert.match(process.stderr, /^celeriac: [^\n]+$/);
      assert.match(process.stderr, line);
      await folder.remove();
    });
  }

  it('CLI-11 --help answers on stdout with examples and exit codes', async () => {
    for (const args of [['--help'], ...['worker', 'call', 'result', 'purge', 'dead'].map((name) => [name, '--help'])]) {
      const process = new CeleriacProcess(args, { cwd: '.' });
      assert.equal((await process.end).code, 0);
      assert.match(process.stdout, /Examples:\n {2}celeriac[^]*Exit codes:\n {2}0 /);
      assert.equal(process.stderr, '');
    }
  });
});
