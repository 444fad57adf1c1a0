/** One question over TCP, for looking whether a server answers; and free ports of the loopback. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** The first bytes of the answer. @throws when there is none within the time */
export async function request({ host, port }, question, timeoutMs) {
  const socket = connect({ host, port });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await once(socket, 'connect', { signal });
    socket.write(question);
    const [answer] = await Promise.race([
      once(socket, 'data', { signal }),
      once(socket, 'end', { signal }).then(() => {
        throw new Error('it closes the connection');
      }),
    ]);
    return answer;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`${host}:${port} does not answer within ${timeoutMs} ms`, { cause: error });
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/** So many ports that nobody listens on now. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
