/**
 * A web server with a worker inside: requests are answered at once, work is done on threads.
 *
 *     curl -X POST 'localhost:8080/primes?below=1000000'   → 202 and the address of the job
 *     curl localhost:8080/jobs/ID                          → its state, with progress or result
 *
 * Run it with `npx tsx examples/web-server/main.ts`. Ctrl-C ends what runs and exits.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { State } from 'celeriac';
import { Worker } from 'celeriac/worker';
import { app, countPrimes } from './tasks.js';

/** Status and body. */
async function answer(request: IncomingMessage): Promise<readonly [number, object]> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, jobId = null] = /^\/jobs\/([\w-]+)$/.exec(url.pathname) ?? [];
  if (request.method === 'POST' && url.pathname === '/primes') {
    const below = Number(url.searchParams.get('below'));
    if (!Number.isSafeInteger(below)) return [400, { error: 'below must be a whole number' }];
    const result = await countPrimes.delay(below);
    return [202, { job: `/jobs/${result.id}` }];
  }
  if (request.method === 'GET' && jobId !== null) {
    const { state, result } = await app.asyncResult(jobId).meta();
    // An error of the task is for the log, not for the web.
    return [200, { state, result: state === State.FAILURE ? null : result }];
  }
  return [404, { error: 'POST /primes?below=N or GET /jobs/ID' }];
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body] = await answer(request).catch((error: unknown) => {
    console.error(error);
    return [500, { error: 'see the log' }] as const;
  });
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

const worker = await Worker.start({ module: new URL('./tasks.js', import.meta.url), concurrency: 2 });
const server = createServer((request, response) => {
  void respond(request, response);
});
server.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
await once(server, 'listening');
console.log(`listening on http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
server.close();
server.closeAllConnections();
await worker.close({ timeoutMs: 5_000 });
await app.close();
