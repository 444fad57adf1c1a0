/** The example of a web server with a worker inside, asked over HTTP. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { distRoot } from '../support/project.js';

test('the web server answers while its worker counts, and ends at SIGTERM', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [join(distRoot, 'examples', 'web-server', 'main.js')], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const base = line.replace('listening on ', '');
    const ask = async (path: string, method = 'GET'): Promise<readonly [number, Record<string, unknown>]> => {
      const response = await fetch(base + path, { method });
      return [response.status, (await response.json()) as Record<string, unknown>];
    };
    assert.equal((await ask('/primes?below=many', 'POST'))[0], 400);
    assert.equal((await ask('/elsewhere'))[0], 404);
    const [status, { job }] = await ask('/primes?below=100000', 'POST');
    assert.equal(status, 202);
    // What a browser does: it asks until the job is ready.
    let answer = await ask(String(job));
    for (; answer[1]['state'] !== 'SUCCESS'; answer = await ask(String(job)));
    assert.deepEqual(answer, [200, { state: 'SUCCESS', result: 9592 }]);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'close'), [0, null]);
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
});
