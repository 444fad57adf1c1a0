/** A Redis that keeps nothing on the disk. */
import { request } from './socket.mjs';

export const redis = {
  name: 'redis',
  variable: 'CELERIAC_TEST_REDIS_URL',
  debianPackage: 'redis-server',
  program: ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'],
  startsWithinMs: 20_000,
  ports: ['port'],

  /** What to run; everything that it writes is in `folder`. */
  plan({ program, folder, ports }) {
    const port = String(ports.port);
    const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', daemonize: 'no' };
    return {
      processes: [{ program, args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]), env: {} }],
      url: `redis://127.0.0.1:${port}/0`,
      variables: {},
    };
  },

  /** Resolves when it answers. @throws when it does not within the time */
  async ping(url, timeoutMs) {
    const { hostname, port } = new URL(url);
    const answer = await request({ host: hostname, port: Number(port || 6379) }, 'PING\r\n', timeoutMs);
    // One that wants a password answers, too.
    if (!/^[+-]/.test(answer.toString('latin1'))) throw new Error('it does not speak the protocol of Redis');
  },
};
