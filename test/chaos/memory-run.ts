/**
 * Chaos on `memory://`, in one process: an embedded worker whose members end in the middle of tasks, whose store and
 * settle lose their answers, and whose publishes lose their confirms. What can be lost here can only be lost by the worker
 * itself, since broker and worker share their process. Loaded by run.ts after the environment is set.
 */
import { armFailpoints } from '../../core/kernel/failpoint.js';
import { Worker } from '../../core/worker/public.js';
import { LedgerKind, LedgerWriter, readLedgerFolder } from '../support/ledger-record.js';
import { CONCURRENCY, PREFETCH } from './worker-size.js';
import { judgeLedger } from './ledger-checker.js';
import { Producer } from './producer.js';
import { printReport } from './report.js';
import { ResultsReader } from './results-reader.js';
import { SplitMix64 } from './splitmix64.js';
import type { ChaosOptions } from './sqlite-run.js';
import { app } from './tasks.js';
import { expectedOf } from './workload.js';

/** Of the host's own points; `members` below has those of its members. */
const HOST_POINTS = ['afterResultBeforeAck', 'afterAckBeforeRelease', 'afterSuccessorsBeforeResult'];
const MEMBER_POINTS = ['afterRecordBeforeRun', 'afterBodyBeforeResult', 'ringReserved', 'ringCommitted'];
/** A member that ends, one time in so many. */
const MEMBER_ENDS_IN = 200;

export async function runOnMemory({ seed, folder, tasks, print }: ChaosOptions): Promise<boolean> {
  const random = new SplitMix64(seed);
  const ledger = new LedgerWriter(folder);
  const at = (names: readonly string[], what: string): string =>
    names.map((name) => `${name}:${what}@${String(random.below(1_000))}`).join(',');
  // Members inherit the variable when they start, replacements too; this thread is armed by hand.
  process.env['CELERIAC_FAILPOINT'] = at(MEMBER_POINTS, `exit:1/${String(MEMBER_ENDS_IN)}`);
  armFailpoints(at(HOST_POINTS, 'throw:1/20'));
  const budget = 3 * Math.ceil((4 * 4 * tasks * MEMBER_POINTS.length) / MEMBER_ENDS_IN);
  ledger.write({ kind: LedgerKind.FAULT_ON, taskNo: 1, attempt: 20, valueHash: budget });
  const worker = await Worker.start({
    module: new URL('./tasks.js', import.meta.url),
    app,
    concurrency: CONCURRENCY,
    settings: { workerPrefetchMultiplier: PREFETCH / CONCURRENCY },
  });
  const reader = new ResultsReader(ledger);
  const producer = new Producer(ledger, seed);
  reader.follow(await producer.publish(0, tasks));
  await reader.settled();
  armFailpoints(undefined);
  await reader.readAgain([]);
  await worker.close({ timeoutMs: 5_000 });
  const transport = await app.connections.transport();
  const leftovers = { 'messages in the queue': await transport.count(app.conf.taskDefaultQueue) };
  await app.close();
  ledger.write({ kind: LedgerKind.FAULT_OFF, taskNo: 1 });
  ledger.close();
  const records = readLedgerFolder(folder);
  const expected = (taskNo: number): ReturnType<typeof expectedOf> => expectedOf(seed, taskNo);
  const judgement = judgeLedger({ records, expected, leftovers, livenessMs: 8_000 });
  const lostMembers = new Set(records.filter(({ kind }) => kind === LedgerKind.START).map(({ writer }) => writer)).size;
  const hasStruck = lostMembers > 2 * CONCURRENCY;
  const id = `members end one time in ${String(MEMBER_ENDS_IN)} at four points (${String(lostMembers)} have run tasks)`;
  printReport({ reports: [{ number: 1, id, budget, hasStruck }], judgement, records, print });
  return judgement.violations.length === 0 && hasStruck;
}
