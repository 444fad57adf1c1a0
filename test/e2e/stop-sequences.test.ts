/**
 * Nothing is lost at any sequence of signals (WORK-70 to 74, W2, W3): one worker is told to stop in the middle of its work
 * while another goes on, and the tasks themselves write down each of their runs.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Celeriac } from '../../core/app/public.js';
import { CeleriacProcess } from '../support/celeriac-process.js';
import { distRoot } from '../support/project.js';
import { tasksModule } from '../support/worker-bench.js';

const TASKS = 600;
const CONCURRENCY = 2;

const SEQUENCES: readonly (readonly [signals: readonly NodeJS.Signals[], code: number | null])[] = [
  [['SIGTERM'], 0],
  [['SIGTERM', 'SIGTERM'], 0],
  [['SIGINT'], 1],
  [['SIGQUIT'], 1],
  [['SIGINT', 'SIGINT'], 1],
  [['SIGTERM', 'SIGQUIT'], 1],
];

describe('sequences of signals', { timeout: 180_000 }, () => {
  let folder = '';
  let app: Celeriac;
  let staying: CeleriacProcess;
  const processes: CeleriacProcess[] = [];

  async function startWorker(ledger: string): Promise<CeleriacProcess> {
    const args = ['-A', fileURLToPath(tasksModule), 'worker', '-c', String(CONCURRENCY), '--prefetch-multiplier', '20'];
    const env = {
      WORKER_TASKS_BROKER: `sqlite://${join(folder, 'queue.db')}`,
      WORKER_TASKS_LEDGER: join(folder, ledger),
    };
    const worker = new CeleriacProcess(args, { cwd: folder, bin: join(distRoot, 'cli', 'main.js'), env });
    processes.push(worker);
    await worker.ready();
    return worker;
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'celeriac-sequences-'));
    const database = `sqlite://${join(folder, 'queue.db')}`;
    app = new Celeriac('sequences', { brokerUrl: database, resultBackend: database });
    staying = await startWorker('staying');
  });

  after(async () => {
    await Promise.all(processes.map((one) => one.dispose()));
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Ids of the tasks that have started, a repeat again. */
  function starts(ledger: string): readonly string[] {
    try {
      return Array.from(readFileSync(join(folder, ledger), 'utf8').matchAll(/^started (\S+)/gm), ([, id = '']) => id);
    } catch {
      return [];
    }
  }

  for (const [signals, code] of SEQUENCES) {
    it(`${signals.join(', ')} in the middle: every task has its result, and none runs more often than it must`, async () => {
      const ledger = `leaving-${signals.join('-')}`;
      const leaving = await startWorker(ledger);
      const before = starts('staying').length;
      const sent = await Promise.all(
        Array.from({ length: TASKS }, (_, n) => app.sendTask<number>('worker.echo', { args: [n] })),
      );
      while (starts(ledger).length === 0) await new Promise((resolve) => setImmediate(resolve));
      for (const signal of signals) leaving.child.kill(signal);
      assert.deepStrictEqual(await leaving.end, { code, signal: null });
      await Promise.all(sent.map(async (result, n) => assert.equal(await result.get({ timeoutMs: 60_000 }), n)));
      const all = [...starts(ledger), ...starts('staying').slice(before)];
      const ids = new Set(all);
      assert.ok(
        sent.every(({ id }) => ids.has(id)),
        'a task has a result and never ran',
      );
      // A cold stop may hand back what was running.
      const mayRepeat = code === 0 || (signals.length === 1 && signals[0] === 'SIGINT') ? 0 : CONCURRENCY;
      assert.ok(all.length - ids.size <= mayRepeat, `${String(all.length - ids.size)} repeats`);
    });
  }

  it('the worker that stayed ends in order', async () => {
    assert.deepStrictEqual(await staying.kill('SIGTERM'), { code: 0, signal: null });
  });
});
