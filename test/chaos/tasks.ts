/** The app that chaos runs: each body writes its own START and END, and does what `workload.ts` says of its number. */
import { setTimeout as wait } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { Celeriac, Reject } from '../../core/app/public.js';
import { hashOf, LedgerKind, LedgerOutcome, LedgerWriter, writerOf } from '../support/ledger-record.js';
import { childrenOf, specOf, type TaskSpec } from './workload.js';

/** What the result of a task that succeeds tells. */
export interface ChaosValue {
  readonly value: number;
  /** Writer of the run whose result this is. */
  readonly by: number;
}

const folder = process.env['CHAOS_FOLDER'] ?? '.';
const broker = process.env['CHAOS_BROKER'] ?? `sqlite://${folder}/queue.db?lease=3`;

export const app = new Celeriac('chaos', {
  brokerUrl: broker,
  resultBackend: process.env['CHAOS_BACKEND'] ?? broker,
  // What is reserved by a worker that dies counts as delivered; here workers die all the time.
  workerMaxDeliveries: 50,
  // A publish that gives up fails its task, and rightly so; the workload has no such failures.
  taskPublishRetryPolicy: { maxRetries: 15, intervalStart: 0, intervalStep: 0.02, intervalMax: 0.1 },
});

let ledger: LedgerWriter | null = null;

export const work = app.task('chaos.work', { bind: true, maxRetries: 5 }, async (ctx, seed: number, taskNo: number) => {
  ledger ??= new LedgerWriter(folder);
  const spec = specOf(seed, taskNo);
  const attempt = ctx.request.retries;
  const run = { taskNo, attempt, key: hashOf(ctx.request.id ?? '') };
  const end = (outcome: LedgerOutcome): void => {
    ledger?.write({ ...run, kind: LedgerKind.END, outcome, valueHash: hashOf(String(spec.value)) });
  };
  ledger.write({ ...run, kind: LedgerKind.START });
  const pause = busy(spec);
  if (pause !== null) await pause;
  if (attempt < spec.retries) {
    end(LedgerOutcome.RETRY);
    throw ctx.retry({ countdown: attempt * 0.1 });
  }
  if (spec.kind === 'parent') await publishChildren(seed, taskNo);
  const isBad = spec.kind === 'fails' || spec.kind === 'rejected';
  end(isBad ? LedgerOutcome.FAILURE : LedgerOutcome.OK);
  if (spec.kind === 'fails') throw new RangeError('as the workload says');
  if (spec.kind === 'rejected') throw new Reject('as the workload says');
  return { value: spec.value, by: writerOf(process.pid, threadId) } satisfies ChaosValue;
});

/** Half of the bodies hold their thread, as CPU work does. */
function busy({ busyMs, isAsync }: TaskSpec): Promise<unknown> | null {
  if (isAsync) return wait(busyMs);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyMs);
  return null;
}

/** The confirm of the first is awaited here, that of the second by the runtime, before the task counts as ended. */
async function publishChildren(seed: number, taskNo: number): Promise<void> {
  const send = async (childNo: number): Promise<void> => {
    ledger?.write({ kind: LedgerKind.P_INVOKE, taskNo: childNo });
    const { id } = await work.delay(seed, childNo);
    ledger?.write({ kind: LedgerKind.P_OK, taskNo: childNo, key: hashOf(id) });
  };
  const [first, second] = childrenOf(taskNo);
  await send(first);
  send(second).catch(() => undefined);
}
