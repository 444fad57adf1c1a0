/**
 * Chaos on one SQLite file: two workers as processes, bursts of tasks, and a plan of faults in an order that the seed
 * gives. Loaded by run.ts after the environment is set. What it says goes to `print`; the verdict is the checker's.
 */
import { deadQueueOf } from '../../core/worker/dead-letter.js';
import type { AsyncResult } from '../../core/app/public.js';
import { LedgerKind, LedgerOutcome, LedgerWriter, readLedgerFolder } from '../support/ledger-record.js';
import { FAULTS, SPARE_BURSTS, type FaultRow } from './faults.js';
import { judgeLedger } from './ledger-checker.js';
import { Nemesis } from './nemesis.js';
import { Producer } from './producer.js';
import { printReport, type FaultReport } from './report.js';
import { ResultsReader } from './results-reader.js';
import { SplitMix64 } from './splitmix64.js';
import { app, type ChaosValue } from './tasks.js';
import { expectedOf, specOf, taskIdOf } from './workload.js';

export interface ChaosOptions {
  readonly tasks: number;
  /** Faults of the plan, where that is more than there are rows. */
  readonly faults: number;
  readonly seed: number;
  readonly folder: string;
  readonly print: (line: string) => void;
}

/** Longest time without an END outside of a fault: a worker's start, a lost lease, the look of once a second. */
const LIVENESS_MS = 8_000;

class SqliteRun {
  readonly #options: ChaosOptions;
  readonly #random: SplitMix64;
  readonly #plan: readonly FaultRow[];
  readonly #ledger: LedgerWriter;
  readonly #producer: Producer;
  readonly #reader: ResultsReader;
  readonly #nemesis: Nemesis;
  /** Tasks of a producer that was killed before it knew. */
  readonly #unknown: (readonly [taskNo: number, handle: AsyncResult<ChaosValue>])[] = [];
  #next = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    const { seed, folder } = options;
    this.#random = new SplitMix64(seed);
    this.#plan = planOf(this.#random, options.faults);
    this.#ledger = new LedgerWriter(folder);
    this.#producer = new Producer(this.#ledger, seed);
    this.#reader = new ResultsReader(this.#ledger);
    this.#nemesis = new Nemesis({
      ...{ folder, seed, random: this.#random },
      publish: () => this.#publish(),
      takeNumbers: () => this.#take(),
      onProducerGone: (range) => {
        this.#sortOut(range);
      },
      settled: () => this.#reader.settled(),
    });
  }

  async run(): Promise<boolean> {
    const { seed, folder, tasks, print } = this.#options;
    const reports: FaultReport[] = [];
    for (const [i, row] of this.#plan.entries()) reports.push(await this.#strike(row, i + 1));
    await this.#nemesis.restore();
    while (this.#next < tasks) await this.#publish();
    await this.#reader.settled();
    await this.#reader.readAgain(this.#unknown);
    const badExits = await this.#nemesis.endAll();
    const leftovers = { ...(await this.#leftovers()), 'workers that ended badly': badExits };
    const records = readLedgerFolder(folder);
    const expected = (taskNo: number): ReturnType<typeof expectedOf> => expectedOf(seed, taskNo);
    const judgement = judgeLedger({ records, expected, leftovers, livenessMs: LIVENESS_MS });
    printReport({ reports, judgement, records, print });
    return judgement.violations.length === 0 && reports.every(({ hasStruck }) => hasStruck);
  }

  async close(): Promise<void> {
    await this.#nemesis.dispose();
    await app.close();
    this.#ledger.close();
  }

  async #strike(row: FaultRow, number: number): Promise<FaultReport> {
    await this.#nemesis.restore();
    const onNs = process.hrtime.bigint();
    // Written when it is over, when the victim is known; the checker orders by time.
    const hasStruck = await row.inject(this.#nemesis);
    const key = this.#nemesis.victimPid;
    const outcome = row.isZombie === true ? LedgerOutcome.OK : LedgerOutcome.NONE;
    const fault = { taskNo: number, key, attempt: row.perTask ?? 1, valueHash: row.budget };
    this.#ledger.write({ ...fault, kind: LedgerKind.FAULT_ON, outcome, monoNs: onNs });
    await this.#nemesis.restore();
    this.#ledger.write({ kind: LedgerKind.FAULT_OFF, taskNo: number });
    this.#options.print(`  ${String(number).padStart(3)} ${row.id}${hasStruck ? '' : ': HAS NOT STRUCK'}`);
    return { number, id: row.id, budget: row.budget, hasStruck };
  }

  #take(): { readonly from: number; readonly to: number } {
    const from = this.#next;
    this.#next = Math.min(
      this.#options.tasks,
      from + Math.floor(this.#options.tasks / (this.#plan.length + SPARE_BURSTS)),
    );
    return { from, to: this.#next };
  }

  async #publish(): Promise<void> {
    const { from, to } = this.#take();
    this.#reader.follow(await this.#producer.publish(from, to));
  }

  /** What a killed producer had confirmed is owed a result, the rest is not. */
  #sortOut({ from, to }: { readonly from: number; readonly to: number }): void {
    const isOk = ({ kind }: { readonly kind: LedgerKind }): boolean => kind === LedgerKind.P_OK;
    const confirmed = new Set(
      readLedgerFolder(this.#options.folder)
        .filter(isOk)
        .map(({ taskNo }) => taskNo),
    );
    for (let taskNo = from; taskNo < to; taskNo++) {
      const handle = app.asyncResult<ChaosValue>(taskIdOf(this.#options.seed, taskNo));
      if (confirmed.has(taskNo)) this.#reader.follow([[taskNo, handle]]);
      else this.#unknown.push([taskNo, handle]);
    }
  }

  /** Messages in the queue, dead letters that should not be there, and rejected tasks without a letter. */
  async #leftovers(): Promise<Readonly<Record<string, number>>> {
    const { seed, tasks } = this.#options;
    const transport = await app.connections.transport();
    const queue = app.conf.taskDefaultQueue;
    const letters = await transport.browse(deadQueueOf(queue), 10 * tasks);
    const dead = new Set(letters.map(({ headers }) => headers.table['id']));
    const isUnknown = new Set(this.#unknown.map(([taskNo]) => taskNo));
    const all = Array.from({ length: tasks }, (_, taskNo) => taskNo).filter((taskNo) => !isUnknown.has(taskNo));
    const isRejected = (taskNo: number): boolean => specOf(seed, taskNo).kind === 'rejected';
    return {
      'messages in the queue': await transport.count(queue),
      'rejected tasks without a dead letter': all.filter((n) => isRejected(n) && !dead.has(taskIdOf(seed, n))).length,
      'dead letters of sound tasks': all.filter((n) => !isRejected(n) && dead.has(taskIdOf(seed, n))).length,
    };
  }
}

/** Every row once, further ones by chance, in random order. */
function planOf(random: SplitMix64, count: number): readonly FaultRow[] {
  const extra = Array.from({ length: Math.max(0, count - FAULTS.length) }, () => random.below(FAULTS.length));
  return random.shuffled([...FAULTS, ...FAULTS.flatMap((row, i) => extra.filter((n) => n === i).map(() => row))]);
}

/** Answers whether all invariants hold and every fault of the plan has struck. */
export async function runOnSqlite(options: ChaosOptions): Promise<boolean> {
  const run = new SqliteRun(options);
  try {
    return await run.run();
  } finally {
    await run.close();
  }
}
