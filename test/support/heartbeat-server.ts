/**
 * A server as those of databases and brokers are: answers `ping` and `get …` line by line, and closes a connection that
 * has been silent for too long. Loopback; what it sees can be awaited.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class HeartbeatServer implements AsyncDisposable {
  /** Connections that were ever made. */
  connectionCount = 0;
  /** Connections that were closed since nothing came. */
  silentCount = 0;
  /** Heartbeats since they were last awaited. */
  #beats = 0;
  #wanted = Infinity;
  #onBeats: () => void = () => undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #silenceMs: number;

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves after so many heartbeats from now on. */
  beats(count: number): Promise<void> {
    this.#beats = 0;
    this.#wanted = count;
    return new Promise((resolve) => (this.#onBeats = resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.connectionCount++;
    this.#sockets.add(socket);
    socket.setTimeout(this.#silenceMs, () => {
      this.silentCount++;
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    let rest = '';
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#answer(socket, line);
    });
  }

  #answer(socket: Socket, line: string): void {
    if (line !== 'ping') socket.write(`${line.slice('get '.length)}\n`);
    else if (++this.#beats === this.#wanted) this.#onBeats();
  }
}
