/**
 * Functions of a module that has a client of its own, as those of databases have: a few connections that are kept, none of
 * which keeps the thread alive, with heartbeats by a timer that does not either. Run inside members.
 */
import { once } from 'node:events';
import { open } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { SharedMemory } from '../../../pools/ring/memory.js';

const BEAT_MS = 50;

const sockets: Socket[] = [];

function spinMs(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** Opens the connections; nothing of them is referenced afterwards. */
export async function connect({ port, count }: { readonly port: number; readonly count: number }): Promise<void> {
  for (let i = 0; i < count; i++) {
    const socket = createConnection({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.unref();
    sockets.push(socket);
  }
  setInterval(() => {
    for (const socket of sockets) socket.write('ping\n');
  }, BEAT_MS).unref();
}

/** Asks over each of the kept connections. */
export async function queryAll(word: string): Promise<readonly string[]> {
  return Promise.all(
    sockets.map(async (socket) => {
      socket.write(`get ${word}\n`);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      return bytes.toString().trim();
    }),
  );
}

export function spin(ms: number): number {
  spinMs(ms);
  return ms;
}

/** Computes and gives back a promise that needs no turn of the event loop. */
export async function spinAsync(ms: number): Promise<number> {
  spinMs(ms);
  await Promise.resolve();
  return ms;
}

/** Takes threads of libuv's pool, sets the word when it has asked for them, until somebody opens the other end of the pipe: no work for the cores, and no end. */
export async function block({
  pipe,
  threads,
  begun,
}: {
  readonly pipe: string;
  readonly threads: number;
  readonly begun: SharedArrayBuffer;
}): Promise<number> {
  const opened = Array.from(
    { length: threads },
    () =>
      new Promise<number>((resolve, reject) => {
        open(pipe, 'r', (error, file) => {
          if (error === null) resolve(file);
          else reject(error);
        });
      }),
  );
  new SharedMemory(begun).store(0, 1);
  return (await Promise.all(opened)).length;
}
