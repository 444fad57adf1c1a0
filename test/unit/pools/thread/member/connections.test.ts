import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ThreadPool } from '../../../../../pools/public.js';
import { HeartbeatServer } from '../../../../support/heartbeat-server.js';

const filename = new URL('../../../../support/members/pooled-client.js', import.meta.url);
const SILENCE_MS = 600;
const CONNECTIONS = 3;
/** More of them, 50 ms apart, than fit into the silence that the server allows. */
const BEATS = CONNECTIONS * 16;

async function withClient(test: (pool: ThreadPool, server: HeartbeatServer) => Promise<void>): Promise<void> {
  await using server = new HeartbeatServer(SILENCE_MS);
  const port = await server.listen();
  await using pool = new ThreadPool({ filename, minThreads: 1, maxThreads: 1 });
  await pool.run({ port, count: CONNECTIONS }, { name: 'connect' });
  await test(pool, server);
  // Still the first ones, and they answer.
  assert.deepEqual(await pool.run('word', { name: 'queryAll' }), Array(CONNECTIONS).fill('word'));
  assert.deepEqual([server.connectionCount, server.silentCount], [CONNECTIONS, 0]);
}

/** Keeps the member at work until the server has heard enough, with so many jobs in its lane. */
async function loadUntil(heard: Promise<void>, run: () => Promise<unknown>, width: number): Promise<void> {
  let isHeard = false;
  const ended = heard.then(() => (isHeard = true));
  const loop = async (): Promise<void> => {
    while (!isHeard) await run();
  };
  await Promise.all([ended, ...Array.from({ length: width }, loop)]);
}

describe('connections that a task module keeps, by handles that keep nothing alive', { timeout: 60_000 }, () => {
  it('live while the member idles', () => withClient((_pool, server) => server.beats(BEATS)));

  for (const [name, ms, width] of [
    ['spin', 1, 20],
    ['spin', 0, 1],
    ['spin', 30, 3],
    ['spinAsync', 1, 20],
  ] as const) {
    it(`live while the member is never out of work (${name}, ${String(ms)} ms, ${String(width)} at once)`, () =>
      withClient((pool, server) => loadUntil(server.beats(BEATS), () => pool.run(ms, { name }), width)));
  }
});
