/** `celeriac queues` and `celeriac dead` as processes: what stands on stdout, what moves, and the exit codes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../core/kernel/clock.js';
import type { HeaderTable } from '../../core/kernel/header-block.js';
import type { Transport } from '../../core/ports/transport.js';
import { createSqliteTransport } from '../../transports/sqlite/sqlite-transport.js';
import { idsOf, Inbox, message } from '../contract/transport-inbox.js';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const death = (reason: string, time = '2030-01-01T00:00:00Z'): HeaderTable => {
  return { queue: 'celery', exchange: '', routing_key: 'celery', reason, error: 'no', attempts: 1, time };
};

describe('queues and dead on the command line', { timeout: 120_000 }, () => {
  let folder: TemporaryFolder;
  let transport: Transport;
  let broker: string;

  const run = async (...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> => {
    const process = new CeleriacProcess(['-b', broker, ...args], { cwd: folder.path });
    const { code } = await process.end;
    return { code, stdout: process.stdout, stderr: process.stderr };
  };
  const letter = (id: string, task: string, reason: string): ReturnType<typeof message> =>
    message(id, { queue: 'celery.dead', headers: { id, task, 'celeriac-dead': death(reason) } });

  beforeEach(async () => {
    folder = await temporaryFolder();
    broker = `sqlite://${join(folder.path, 'queue.db')}`;
    transport = createSqliteTransport({ url: broker, baseFolder: '/', clock: systemClock });
    await transport.connect(5_000);
    await transport.publish([
      letter('a', 'shop.add', 'unknown-task'),
      letter('b', 'shop.mail', 'rejected'),
      letter('c', 'other', 'rejected'),
    ]);
  });
  afterEach(async () => {
    await transport.close(5_000);
    await folder.remove();
  });

  it('queues counts what is ready, unacked, delayed and dead, and --peek shows the oldest', async () => {
    await transport.publish([
      message('held', { queue: 'celery', headers: { id: 'held', task: 'shop.add' } }),
      message('first', { queue: 'celery', headers: { id: 'first', task: 'shop.add' } }),
      message('second', { queue: 'celery' }),
      message('later', { queue: 'celery', notBeforeEpochMs: Date.now() + 600_000 }),
    ]);
    await (await Inbox.open(transport, { queues: ['celery'], prefetchCount: 1 })).one();
    const { code, stdout, stderr } = await run('queues', '--json', '--peek', '1');
    assert.deepEqual([code, stderr], [0, '']);
    const [row, ...others] = JSON.parse(stdout) as readonly Record<string, unknown>[];
    assert.equal(others.length, 0);
    const { oldestAgeMs, messages, ...figures } = row ?? {};
    assert.deepEqual(figures, { queue: 'celery', ready: 2, unacked: 1, delayed: 1, dead: 3, consumers: 1 });
    assert.ok(typeof oldestAgeMs === 'number' && oldestAgeMs >= 0);
    const peeked = (messages as readonly { state: string; id: string }[]).map(({ state, id }) => `${state} ${id}`);
    assert.deepEqual(peeked, ['unacked held', 'ready first', 'delayed later']);
    const table = await run('queues', '-Q', 'celery,absent');
    assert.match(
      table.stdout,
      /^queue +ready +unacked +delayed +dead +consumers +oldest\ncelery +2 +1 +1 +3 +1 +\d+\.\d s\n/,
    );
    assert.match(table.stdout, /\nabsent +0 +0 +0 +0 +0 +-\n$/);
  });

  it('dead list takes filters', async () => {
    const ids = async (...args: readonly string[]): Promise<string[]> => {
      const { stdout } = await run('dead', 'list', '--json', ...args);
      return (JSON.parse(stdout) as readonly { id: string }[]).map(({ id }) => id);
    };
    assert.deepEqual(await ids('--task', 'shop.*'), ['a', 'b']);
    assert.deepEqual(await ids('--reason', 'rejected', '--limit', '1'), ['b']);
    assert.deepEqual(await ids('--since', '2030-01-01T00:00:01Z'), []);
  });

  it('dead redrive lists with --dry-run, then sends back what it was asked for and nothing else', async () => {
    const args = ['dead', 'redrive', '--task', 'shop.*'];
    const dry = await run(...args, '--dry-run', '--json');
    assert.deepEqual(
      (JSON.parse(dry.stdout) as readonly { id: string }[]).map(({ id }) => id),
      ['a', 'b'],
    );
    assert.equal(await transport.count('celery'), 0);
    assert.deepEqual(await run(...args), { code: 0, stdout: '2\n', stderr: '' });
    const back = await transport.browse('celery', 5);
    assert.deepEqual(idsOf(back), ['a', 'b']);
    assert.deepEqual(back[0]?.headers.table, { id: 'a', task: 'shop.add', 'celeriac-redrives': 1 });
    assert.deepEqual(idsOf(await transport.browse('celery.dead', 5)), ['c']);
  });

  it('dead discard removes by id, asks nobody with -f, and refuses without a choice', async () => {
    assert.deepEqual(await run('dead', 'discard', 'b', '-f'), { code: 0, stdout: '1\n', stderr: '' });
    assert.deepEqual(idsOf(await transport.browse('celery.dead', 5)), ['a', 'c']);
    const unasked = await run('dead', 'discard', 'a');
    assert.equal(unasked.code, 64);
    assert.match(unasked.stderr, /add -f/);
    const unchosen = await run('dead', 'discard', '-f');
    assert.equal(unchosen.code, 64);
    assert.match(unchosen.stderr, /which dead letters\?/);
    assert.deepEqual(await run('dead', 'discard', '--all', '-f'), { code: 0, stdout: '2\n', stderr: '' });
  });

  it('help tells examples and exit codes', async () => {
    for (const name of ['queues', 'dead']) {
      const { stdout } = await run(name, '--help');
      assert.match(stdout, /Examples:\n {2}celeriac[^]*Exit codes:\n {2}0 /);
    }
  });
});
