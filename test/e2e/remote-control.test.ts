/** Commands reach workers in other processes over the SQLite file, and do what they say (WORK-60 to 62, 78; RES-08). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Celeriac, State, TaskRevoked } from '../../core/app/public.js';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { fixture } from '../support/project.js';

const NODES = ['one@test', 'two@test'];
const TIMEOUT_MS = 20_000;

describe('two workers on one SQLite file', { timeout: 120_000 }, () => {
  let folder = '';
  let app: Celeriac;
  const workers: CeleriacProcess[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-control-'));
    const database = `sqlite://${join(folder, 'queue.db')}`;
    const env = { CELERIAC_BROKER_URL: database, CELERIAC_RESULT_BACKEND: database };
    app = new Celeriac('control-tests', { brokerUrl: database, resultBackend: database });
    for (const name of NODES) {
      const args = ['-A', fixture('apps', 'control-tasks.ts'), 'worker', '-c', '1', '-n', name, '-l', 'info'];
      workers.push(new CeleriacProcess(args, { cwd: folder, env }));
    }
    await Promise.all(workers.map((worker) => worker.ready()));
  });

  after(async () => {
    for (const worker of workers) await worker.dispose();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('both answer by their names', async () => {
    const replies = await app.control.ping({ limit: 2, timeoutMs: TIMEOUT_MS });
    assert.deepEqual(Object.fromEntries(replies), { 'one@test': { ok: 'pong' }, 'two@test': { ok: 'pong' } });
  });

  it('a task that is revoked before it comes never runs', async () => {
    const taskId = 'revoked-before-it-came';
    await app.control.revoke(taskId, { reply: true, destination: NODES, timeoutMs: TIMEOUT_MS });
    const result = await app.sendTask('control.add', { args: [1, 2], taskId });
    await assert.rejects(result.get({ timeoutMs: TIMEOUT_MS }), TaskRevoked);
    assert.equal(await result.state(), State.REVOKED);
    const revoked = await app.control.inspect({ destination: NODES, timeoutMs: TIMEOUT_MS }).revoked();
    assert.deepEqual([...revoked.values()], [[taskId], [taskId]]);
  });

  it('a task that runs is ended with its thread, and the worker goes on', async () => {
    const running = await app.sendTask('control.endless');
    for await (const meta of running.updates({ timeoutMs: TIMEOUT_MS })) if (meta.state === 'PROGRESS') break;
    const active = await app.control.inspect({ destination: NODES, timeoutMs: TIMEOUT_MS }).active();
    assert.deepEqual(
      [...active.values()].flat().map(({ id, type }) => [id, type]),
      [[running.id, 'control.endless']],
    );
    await running.revoke({ terminate: true });
    await assert.rejects(running.get({ timeoutMs: TIMEOUT_MS }), TaskRevoked);
    const sums = await Promise.all([1, 2, 3, 4].map((n) => app.sendTask<number>('control.add', { args: [n, n] })));
    assert.deepEqual(await app.resultSet(sums).join({ timeoutMs: TIMEOUT_MS }), [2, 4, 6, 8]);
  });

  it('shutdown ends the worker that is meant, with exit code 0', async () => {
    await app.control.shutdown({ destination: 'two@test' });
    assert.deepEqual(await workers[1]?.end, { code: 0, signal: null });
    assert.equal(workers[0]?.child.exitCode, null);
    const replies = await app.control.ping({ destination: ['one@test'], timeoutMs: TIMEOUT_MS });
    assert.deepEqual([...replies.keys()], ['one@test']);
  });
});
