/** The servers that the other files of this suite use, and the command that starts and stops them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { projectRoot } from '../support/project.js';
import { noService, serviceUrl } from '../support/services.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

describe('the servers', { timeout: 60_000 }, () => {
  it('a RabbitMQ with its management API, on the loopback only', { skip: noService('rabbitmq') }, async () => {
    const { hostname, port } = new URL(serviceUrl('rabbitmq'));
    const api = new URL(`${process.env['CELERIAC_TEST_RABBITMQ_API'] ?? assert.fail()}/overview`);
    const authorization = `Basic ${Buffer.from(`${api.username}:${api.password}`).toString('base64')}`;
    api.username = '';
    api.password = '';
    const answer = await fetch(api, { headers: { authorization }, signal: AbortSignal.timeout(10_000) });
    assert.equal(answer.status, 200);
    const overview = (await answer.json()) as {
      readonly rabbitmq_version: string;
      readonly listeners: readonly { readonly protocol: string; readonly ip_address: string; readonly port: number }[];
    };
    assert.match(overview.rabbitmq_version, /^(3\.1\d|[4-9])\./);
    const listener = overview.listeners.find(({ protocol }) => protocol === 'amqp');
    assert.deepEqual([listener?.ip_address, String(listener?.port)], [hostname, port]);
    // Whoever listens on all addresses of the machine does on this one, too.
    for (const open of [port, api.port]) await assert.rejects(once(connect(Number(open), '127.0.0.2'), 'connect'));
  });

  it('a Redis that answers', { skip: noService('redis') }, async () => {
    const { hostname, port } = new URL(serviceUrl('redis'));
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write('SET celeriac:services turnip EX 5\r\nGET celeriac:services\r\n');
    let text = '';
    while (!text.endsWith('turnip\r\n')) text += String((await once(socket, 'data'))[0]);
    socket.destroy();
    assert.equal(text, '+OK\r\n$6\r\nturnip\r\n');
  });
});

describe('npm run services', { timeout: 120_000, skip: noService('redis') }, () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  interface Said {
    readonly code: number;
    readonly output: string;
  }

  const services = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> => {
    const program = join(projectRoot, 'scripts', 'services.mjs');
    // The one of this suite is not meant.
    const { CELERIAC_TEST_REDIS_URL: _, ...others } = process.env;
    const own = { ...others, CELERIAC_SERVICES_FOLDER: folder.path, ...env };
    return new Promise((resolve) => {
      execFile(process.execPath, [program, ...args], { env: own, timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
      });
    });
  };

  it('starts a server once, shows it, and leaves nothing of it behind', async () => {
    assert.deepEqual(await services(['status', 'redis']), { code: 1, output: 'redis: is not running\n' });
    const first = await services(['start', 'redis']);
    const [, url = ''] = /^ {2}export CELERIAC_TEST_REDIS_URL='(redis:.+)'$/m.exec(first.output) ?? [];
    assert.match(first.output, /^redis: redis:\/\/127\.0\.0\.1:\d+\/0 \(ours, process \d+\)\n/);
    assert.notEqual(url, process.env['CELERIAC_TEST_REDIS_URL']);
    for (const command of ['start', 'status']) assert.deepEqual(await services([command, 'redis']), first);
    assert.deepEqual(await services(['stop', 'redis']), { code: 0, output: 'redis: stopped\n' });
    assert.deepEqual(await services(['stop', 'redis']), { code: 0, output: 'redis: is not running\n' });
    assert.deepEqual(await readdir(folder.path), []);
    await assert.rejects(once(connect(Number(new URL(url).port), '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  });

  it('uses a server that the environment names, hides its password, and says when it does not answer', async () => {
    const named = { CELERIAC_TEST_REDIS_URL: serviceUrl('redis').replace('//', '//user:secret@') };
    const { code, output } = await services(['start', 'redis'], named);
    assert.equal(code, 0);
    assert.match(output, /^redis: redis:\/\/user:\*\*\*@127\.0\.0\.1:\d+\/0 \(named by CELERIAC_TEST_REDIS_URL\)\n$/);
    // It listens and never answers.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const wrong = await services(['start', 'redis'], { CELERIAC_TEST_REDIS_URL: `redis://127.0.0.1:${String(port)}` });
    silent.close();
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.output,
      /does not answer \(named by CELERIAC_TEST_REDIS_URL\): 127\.0\.0\.1:\d+ does not answer within 2000 ms/,
    );
  });

  it('refuses what it does not know', async () => {
    for (const args of [['begin'], ['start', 'postgres'], []]) {
      const { code, output } = await services(args);
      assert.equal(code, 2);
      assert.match(output, /usage: npm run services -- start\|stop\|status \[rabbitmq\] \[redis\]/);
    }
  });
});
