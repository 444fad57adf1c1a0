import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ThreadPool } from '../../../../pools/public.js';
import { SharedMemory } from '../../../../pools/ring/memory.js';
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

interface BlockedLibuv {
  /** Answers how many threads of libuv were taken, when they are free again. */
  release(): Promise<number>;
}

/** Takes twice as many threads of libuv as there are, by a run of the pool. */
async function blockLibuv(pool: ThreadPool, pipe: string, threads: number): Promise<BlockedLibuv> {
  const memory = new SharedMemory(new SharedArrayBuffer(4));
  const value = { pipe, threads, begun: memory.bytes.buffer };
  const blocked = pool.run<number>(value, { name: 'block', transferList: [] });
  while (memory.load(0) === 0) await new Promise((resolve) => setImmediate(resolve));
  return {
    release: async () => {
      // Open at both ends, so that nobody waits for the other.
      const file = openSync(pipe, 'r+');
      const taken = await blocked;
      closeSync(file);
      return taken;
    },
  };
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
    const libuv = await blockLibuv(pool, pipe, threads);
    try {
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
      assert.equal(await libuv.release(), threads);
      await lookedUp;
    } catch (error) {
      // A process with blocked threads never ends.
      await libuv.release();
      throw error;
    }
  });
});
