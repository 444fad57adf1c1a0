/** WORK-70 at its narrowest: the running task ends in the moment of the stop, and the next one stands in its lane. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { Worker } from '../../core/worker/public.js';
import type * as GatedTasks from '../support/members/gated-tasks.js';

const module = new URL('../support/members/gated-tasks.js', import.meta.url);
let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'celeriac-stop-'));
  process.env['GATED_DATABASE'] = `sqlite://${join(folder, 'queue.db')}`;
});

after(() => {
  delete process.env['GATED_DATABASE'];
  rmSync(folder, { recursive: true, force: true });
});

it(
  'WORK-70 what stands behind a task that ends as the worker stops is handed back, not begun',
  { timeout: 60_000 },
  async () => {
    const { app, gate } = (await import(module.href)) as typeof GatedTasks;
    const begun: string[] = [];
    let received = 0;
    let onAllThere = (): void => undefined;
    const allThere = new Promise<void>((resolve) => (onAllThere = resolve));
    const note = (_fields: object, message: string): void => {
      if (message.startsWith('started')) begun.push(message);
      if (message.endsWith('received')) received++;
      if (received === 3 && begun.length === 1) onAllThere();
    };
    const logger = { debug: note, info: note, warn: note, error: note, isLevelEnabled: () => true };
    const worker = await Worker.start({ app, module, concurrency: 1, logger });
    const open = join(folder, 'open');
    const sent = [];
    for (const name of ['first', 'second', 'third']) sent.push(await gate.delay(name, open));
    await allThere;
    const closing = worker.close();
    writeFileSync(open, '');
    await closing;
    assert.equal(await sent[0]?.get({ timeoutMs: 10_000 }), 'first');
    assert.deepEqual(begun, ['started first']);
    const transport = await app.connections.transport();
    assert.equal(await transport.count('celery'), 2);
    await app.close();
  },
);
