/**
 * Members that die under their task (reliability T1, T2, T4, T8): the pool replaces them, the worker's profile decides
 * what becomes of the task, and its neighbours run.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TimeLimitExceeded, WorkerLostError, type Task } from '../../core/app/public.js';
import { Worker, type WorkerOptions } from '../../core/worker/public.js';
import { DEATH_HEADER, type DeathCertificate } from '../../core/worker/dead-letter.js';
import { app, exit, fill, hog, live, throwLater } from '../support/members/dying-tasks.js';

const module = new URL('../support/members/dying-tasks.js', import.meta.url);
const TIMEOUT_MS = 60_000;

/** Deaths recorded in the dead-letter queue, oldest first. */
async function deaths(): Promise<readonly DeathCertificate[]> {
  const transport = await app.connections.transport();
  const letters = await transport.browse('celery.dead', 100);
  return letters.map(({ headers }) => headers.table[DEATH_HEADER] as unknown as DeathCertificate);
}

/** The deaths after the first `known`, as soon as there are `count` of them. */
async function laterDeaths(known: number, count: number): Promise<readonly DeathCertificate[]> {
  for (;;) {
    const later = (await deaths()).slice(known);
    if (later.length >= count) return later;
    await new Promise(setImmediate);
  }
}

async function withNeighbours(
  doomed: Task<[], unknown>,
  check: (get: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const numbers = Array.from({ length: 40 }, (_, n) => n);
  const result = await doomed.delay();
  const neighbours = await Promise.all(numbers.map((n) => live.delay(n)));
  await check(result.get({ timeoutMs: TIMEOUT_MS }));
  assert.deepEqual(await Promise.all(neighbours.map((one) => one.get({ timeoutMs: TIMEOUT_MS }))), numbers);
}

for (const [reliability, deliveries] of [
  ['safe', 3],
  ['compat', 1],
] as const) {
  describe(`a worker with the profile ${reliability}`, { timeout: 240_000 }, () => {
    let worker: Worker;

    before(async () => {
      const settings: WorkerOptions['settings'] = { reliability, workerMaxHeapMb: 48 };
      worker = await Worker.start({ app, module, concurrency: 2, settings });
    });

    after(async () => {
      await worker.close({ timeoutMs: 5_000 });
    });

    for (const [id, task, reason] of [
      ['T2 process.exit', exit, /exited with code 7/],
      ['T1 a throw outside of the task', throwLater, /outside of the task/],
      ['T4 a full heap', fill, /memory/i],
    ] as const) {
      it(`${id}: ${String(deliveries)} deliveries, then FAILURE; its neighbours run`, async () => {
        const before = await deaths();
        await withNeighbours(task, (get) =>
          assert.rejects(get, (error: Error) => error instanceof WorkerLostError && reason.test(error.message)),
        );
        // The result is there first, the letter follows it.
        const count = reliability === 'safe' ? 1 : 0;
        const letters = await laterDeaths(before.length, count);
        const expected = reliability === 'safe' ? [['too-many-deliveries', deliveries]] : [];
        assert.deepEqual(
          letters.map((letter) => [letter.reason, letter.attempts]),
          expected,
        );
      });
    }

    it('T8 an endless loop: the hard limit ends it, once; its neighbours run', async () => {
      await withNeighbours(hog, (get) => assert.rejects(get, TimeLimitExceeded));
    });
  });
}

after(() => app.close());
