import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ThreadPool } from '../../../../pools/public.js';
import { HeartbeatServer } from '../../../support/heartbeat-server.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const filename = new URL('../../../support/members/pooled-client.js', import.meta.url);
const TRIPS = 50;

/** Connects by address and asks once. */
async function askOnce(port: number, word: string): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write(`get ${word}\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return bytes.toString().trim();
}

describe('members that take every thread of libuv', { timeout: 60_000, skip: process.platform === 'win32' }, () => {
  it('hold up neither connects of the host by address, nor its timers, nor the pool itself', async (test) => {
    const folder = await temporaryFolder();
    test.after(() => folder.remove());
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await using server = new HeartbeatServer(60_000);
    const port = await server.listen();
    await using pool = new ThreadPool({ filename, minThreads: 2, maxThreads: 2 });
    const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) * 2;
    const blocked = pool.run<number>({ pipe, threads }, { name: 'block' });
    await pool.run(1, { name: 'spin' });
    let isLookedUp = false;
    const lookedUp = lookup('localhost').then(() => (isLookedUp = true));
    let ticks = 0;
    const heartbeat = setInterval(() => ticks++, 1);
    for (let trip = 0; trip < TRIPS; trip++) {
      assert.equal(await askOnce(port, String(trip)), String(trip));
      assert.equal(await pool.run(0, { name: 'spin' }), 0);
    }
    const ticksBefore = ticks;
    while (ticks < ticksBefore + TRIPS) await new Promise((resolve) => setImmediate(resolve));
    clearInterval(heartbeat);
    // What does need such a thread waits for the members: a host name, for one.
    assert.equal(isLookedUp, false);
    const writer = openSync(pipe, 'w');
    assert.equal(await blocked, threads);
    await lookedUp;
    closeSync(writer);
  });
});
