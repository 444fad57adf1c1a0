/**
 * Nothing is lost and little is repeated when workers end (reliability W1, W2, W6): two workers on one SQLite file, a
 * ledger written by the tasks themselves, and signals from outside.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Celeriac, type AsyncResult } from '../../core/app/public.js';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { countById, readLedger, repeats } from '../support/ledger.js';
import { fixture } from '../support/project.js';

const TASKS = 20_000;
const CONCURRENCY = 2;
const PREFETCH_MULTIPLIER = 100;
const PREFETCH = CONCURRENCY * PREFETCH_MULTIPLIER;

describe('two workers on one SQLite file', { timeout: 240_000 }, () => {
  let folder = '';
  let app: Celeriac;
  const processes: CeleriacProcess[] = [];

  function startWorker(): CeleriacProcess {
    const args = ['-A', fixture('apps', 'ledger-tasks.ts'), 'worker', '-c', String(CONCURRENCY), '-l', 'info'];
    const worker = new CeleriacProcess([...args, '--prefetch-multiplier', String(PREFETCH_MULTIPLIER)], {
      cwd: folder,
      env: { LEDGER_FOLDER: folder },
    });
    processes.push(worker);
    return worker;
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-ledger-'));
    const database = `sqlite://${join(folder, 'queue.db')}`;
    app = new Celeriac('ledger', { brokerUrl: database, resultBackend: database });
  });

  after(async () => {
    for (const one of processes) await one.dispose();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Publishes the tasks, calls `halfway` when half of the results are there, and checks every result. */
  async function runAll(halfway: () => Promise<unknown>): Promise<void> {
    const sent = await Promise.all(
      Array.from({ length: TASKS }, (_, n) => app.sendTask<number>('ledger.run', { args: [n] })),
    );
    let done = 0;
    let interruption: Promise<unknown> = Promise.resolve();
    const check = async (result: AsyncResult<number>, n: number): Promise<void> => {
      assert.equal(await result.get({ timeoutMs: 180_000 }), n * n);
      if (++done === TASKS / 2) interruption = halfway();
    };
    await Promise.all(sent.map(check));
    await interruption;
    const starts = countById(readLedger(folder), 'START');
    for (const { id } of sent) assert.ok(starts.has(id), `task ${id} has a result but never ran`);
  }

  it('W1 kill -9 of one in the middle: every task has its result, repeats stay within the prefetch window', async () => {
    const [doomed, survivor] = [startWorker(), startWorker()];
    await Promise.all([doomed.ready(), survivor.ready()]);
    await runAll(() => doomed.kill('SIGKILL'));
    const repeated = repeats(readLedger(folder), 'START');
    assert.ok(repeated <= PREFETCH, `${String(repeated)} repeats, more than the ${String(PREFETCH)} prefetched`);
    assert.equal((await survivor.kill('SIGTERM')).code, 0);
  });

  it('W2 SIGTERM of one in the middle: every task has its result, none runs twice', async () => {
    const earlier = repeats(readLedger(folder), 'START');
    const [leaving, staying] = [startWorker(), startWorker()];
    await Promise.all([leaving.ready(), staying.ready()]);
    await runAll(() => leaving.kill('SIGTERM'));
    assert.equal((await leaving.end).code, 0);
    assert.equal(repeats(readLedger(folder), 'START') - earlier, 0);
    assert.equal((await staying.kill('SIGTERM')).code, 0);
  });

  it('W6 a parent killed after its second child and run again has published three ids, no fourth', async () => {
    const doomed = startWorker();
    await doomed.ready();
    const sent = await app.sendTask<string[]>('ledger.parent', { args: ['sigkill'] });
    await doomed.line(/published two children/);
    await doomed.kill('SIGKILL');
    const heir = startWorker();
    await heir.ready();
    await checkFamily(sent, 2);
    assert.equal((await heir.kill('SIGTERM')).code, 0);
  });

  it('T2 a parent that exits after committing two children publishes them, and the same ones again', async () => {
    const worker = startWorker();
    await worker.ready();
    await checkFamily(await app.sendTask<string[]>('ledger.parent', { args: ['exit'] }), 2);
    assert.equal((await worker.kill('SIGTERM')).code, 0);
  });

  async function checkFamily(sent: AsyncResult<string[]>, runs: number): Promise<void> {
    const before = countById(readLedger(folder), 'PARENT');
    assert.ok((before.get(sent.id) ?? 0) <= runs);
    const children = await sent.get({ timeoutMs: 60_000 });
    const values = await Promise.all(children.map((id) => app.asyncResult<number>(id).get({ timeoutMs: 60_000 })));
    assert.deepEqual(values, [1, 2, 3]);
    const ledger = readLedger(folder);
    assert.equal(countById(ledger, 'PARENT').get(sent.id), runs);
    const known = new Set(children);
    for (const { kind, id, note } of ledger) {
      if (kind === 'CHILD' && !known.has(id))
        assert.ok(earlierChildren.has(id), `a fourth child ${id} (${String(note)})`);
    }
    for (const id of known) earlierChildren.add(id);
  }
  const earlierChildren = new Set<string>();
});
