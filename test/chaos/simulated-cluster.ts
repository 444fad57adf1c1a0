/**
 * Workers made of the real Intake, Judge and Settler on a simulated broker, store and pool, in virtual time and driven by
 * one seed; what they do goes into a ledger. With a planted bug it is what the checker must see through (reliability
 * §4.6): a checker that passes them all proves nothing.
 */
import { TerminatedError, WorkerLostError } from '../../core/kernel/errors.js';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import { createSeededRandom } from '../../core/kernel/random.js';
import { silentLogger } from '../../core/ports/logger.js';
import type { PoolJob } from '../../core/ports/pool.js';
import type { OutgoingMessage } from '../../core/ports/transport.js';
import { encodeOutgoing } from '../../core/protocol/outgoing-record.js';
import { encodeOutcome, OutcomeKind } from '../../core/task/outcome-record.js';
import { Intake } from '../../core/worker/intake.js';
import { Request } from '../../core/worker/request.js';
import { Settler } from '../../core/worker/settler.js';
import { FakeBackend } from '../support/fake-backend.js';
import { FakePool } from '../support/fake-pool.js';
import { intakeParts } from '../support/intake-parts.js';
import {
  hashOf,
  LedgerKind,
  LedgerOutcome,
  writerOf,
  type LedgerEntry,
  type LedgerRecord,
} from '../support/ledger-record.js';
import { jsonProperties } from '../support/task-delivery.js';
import { planOf, settingsOf } from '../support/task-plan.js';
import { VirtualClock } from '../support/virtual-clock.js';
import type { Expected, Judged } from './ledger-checker.js';
import { SimulatedBroker } from './simulated-broker.js';

export const PLANTS = [
  /** Acknowledged when a member accepts it, before it has run. */
  'ack-before-run',
  /** One confirmed message in forty vanishes. */
  'dropped',
  /** One message in forty comes twice. */
  'duplicated',
  /** The message is acknowledged while its result is still on the way to the store. */
  'result-after-ack',
  /** Whoever once held a message may settle it. */
  'token-check-removed',
  /** A retry is acknowledged and never published. */
  'retry-forgotten',
] as const;
export type Plant = (typeof PLANTS)[number];

const TASKS = 300;
const STEP_MS = 10;
const PREFETCH = 8;
const STORE_MS = 60;
const RUN_CHANCE = 0.2;

/** What the workload says: one task in 17 fails, one in 11 is retried once. */
function expectedOf(taskNo: number): Expected {
  if (taskNo % 17 === 0) return { outcome: LedgerOutcome.FAILURE, valueHash: 0 };
  return { outcome: LedgerOutcome.OK, valueHash: hashOf(String(taskNo * taskNo)) };
}

interface SimulatedWorker {
  readonly number: number;
  readonly pool: FakePool;
  readonly intake: Intake;
  isAlive: boolean;
  isStopped: boolean;
}

class SimulatedCluster {
  readonly #clock = new VirtualClock();
  readonly #random;
  readonly #plant: Plant | null;
  readonly #broker: SimulatedBroker;
  readonly #store = new FakeBackend();
  readonly #workers: SimulatedWorker[] = [];
  readonly #records: LedgerRecord[] = [];
  #seq = 0;
  #faults = 0;
  #published = 0;

  constructor(seed: number, plant: Plant | null) {
    this.#random = createSeededRandom(seed);
    this.#plant = plant;
    this.#broker = new SimulatedBroker({ checksTokens: plant !== 'token-check-removed' });
    for (let number = 1; number <= 2; number++) this.#workers.push(this.#newWorker());
  }

  async run(): Promise<Judged> {
    for (let step = 0; this.#published < TASKS || !this.#isDrained; step++) {
      if (step > 3_000) break;
      if (this.#published < TASKS && step % 2 === 0) this.#publishSome();
      if (step > 0 && step % 40 === 0 && this.#published < TASKS) await this.#fault();
      await this.#step();
    }
    await this.#clock.advance(5_000);
    this.#readResults();
    return {
      records: this.#records,
      expected: expectedOf,
      leftovers: { 'messages at the broker': this.#broker.size, requests: this.#inHand },
      livenessMs: 3_000,
    };
  }

  get #inHand(): number {
    return this.#workers.filter(({ isAlive }) => isAlive).reduce((sum, { intake }) => sum + intake.size, 0);
  }

  get #isDrained(): boolean {
    return this.#broker.size === 0 && this.#inHand === 0;
  }

  #newWorker(): SimulatedWorker {
    const number = this.#workers.length + 1;
    const { isPlanted, settlerOf } = this.#plants;
    const pool = new FakePool(4);
    const settings = settingsOf();
    const plan = planOf({ rejectOnWorkerLost: true, acksLate: !isPlanted('ack-before-run') }, settings);
    const intake = new Intake({
      ...intakeParts(settings, this.#clock),
      pool,
      settler: settlerOf(number),
      plans: new Map([['chaos.work', plan]]),
      storeState: () => undefined,
    });
    this.#broker.join(number);
    return { number, pool, intake, isAlive: true, isStopped: false };
  }

  get #plants(): { isPlanted: (plant: Plant) => boolean; settlerOf: (worker: number) => Settler } {
    const isPlanted = (plant: Plant): boolean => this.#plant === plant;
    return { isPlanted, settlerOf: (worker) => this.#newSettler(worker) };
  }

  #newSettler(worker: number): Settler {
    const isOf = (one: SimulatedWorker): boolean => one.number === worker;
    const isGone = (): boolean => this.#workers.find(isOf)?.isAlive === false;
    const backend = new FakeBackend();
    const store = this.#store;
    backend.store = async (batch) => {
      const write = async (): Promise<void> => {
        await new Promise<void>((resolve) => this.#clock.after(STORE_MS, resolve));
        if (!isGone()) await store.store(batch.filter(({ taskId }) => store.results.get(taskId)?.state !== 'SUCCESS'));
      };
      if (this.#plant === 'result-after-ack') void write();
      else await write();
    };
    return new Settler({
      ...{ clock: this.#clock, random: this.#random, logger: silentLogger, backend },
      publish: (messages) => {
        if (!isGone() && this.#plant !== 'retry-forgotten')
          for (const message of messages) this.#broker.publish(message);
        return Promise.resolve();
      },
      // A dead process neither acknowledges nor hears.
      settle: (batch) =>
        isGone() ? new Promise(() => undefined) : Promise.resolve(this.#broker.settle(worker, batch)),
    });
  }

  #publishSome(): void {
    for (let i = 0; i < 3 && this.#published < TASKS; i++) {
      const taskNo = ++this.#published;
      this.#note({ kind: LedgerKind.P_INVOKE, taskNo });
      const isPlanted = this.#random.float() < 1 / 40;
      if (!(isPlanted && this.#plant === 'dropped')) this.#broker.publish(messageOf(taskNo, 0));
      if (isPlanted && this.#plant === 'duplicated') this.#broker.publish(messageOf(taskNo, 0));
      this.#note({ kind: LedgerKind.P_OK, taskNo });
    }
  }

  async #step(): Promise<void> {
    for (const worker of this.#workers) {
      if (!worker.isAlive || worker.isStopped) continue;
      const batch = this.#broker.deliver(worker.number, PREFETCH);
      if (batch.length > 0) worker.intake.receive(batch);
      this.#runJobs(worker);
    }
    await this.#clock.advance(STEP_MS);
  }

  #runJobs(worker: SimulatedWorker): void {
    for (const [job, isStarted] of [...worker.pool.jobs]) {
      if (!(job instanceof Request)) {
        endEpilogue(worker, job);
        continue;
      }
      if (isStarted) {
        if (this.#random.float() < RUN_CHANCE) this.#endJob(worker, job);
        continue;
      }
      const running = [...worker.pool.jobs.values()].filter(Boolean).length;
      if (running >= 2) continue;
      this.#noteRun(worker, job, { kind: LedgerKind.START });
      worker.pool.begin(job);
    }
    worker.intake.feed();
  }

  #endJob(worker: SimulatedWorker, job: PoolJob): void {
    const { taskNo, attempt } = identityOf(job);
    const isRetried = taskNo % 11 === 0 && attempt === 0;
    const { outcome } = expectedOf(taskNo);
    this.#noteRun(worker, job, { kind: LedgerKind.END, outcome: isRetried ? LedgerOutcome.RETRY : outcome });
    const isFailure = outcome === LedgerOutcome.FAILURE;
    const kind = isRetried ? OutcomeKind.RETRY : isFailure ? OutcomeKind.FAILURE : OutcomeKind.SUCCESS;
    const document = isRetried ? '' : JSON.stringify({ value: String(taskNo * taskNo), by: worker.number });
    const successors = isRetried ? [encodeOutgoing(messageOf(taskNo, attempt + 1))] : [];
    worker.pool.end(job, () => {
      job.onOutcome(kind, encodeOutcome({ runtimeUs: 1, document, note: '', successors }));
    });
  }

  /** One of: a process dies, a member dies, a process is stopped beyond its lease and goes on. */
  async #fault(): Promise<void> {
    const alive = this.#workers.filter(({ isAlive, isStopped }) => isAlive && !isStopped);
    const victim = alive[Math.floor(this.#random.float() * alive.length)];
    if (victim === undefined) return;
    const dice = Math.floor(this.#random.float() * 3);
    const number = ++this.#faults;
    const fault = { taskNo: number, key: victim.number, valueHash: PREFETCH };
    const outcome = dice === 2 ? LedgerOutcome.OK : LedgerOutcome.NONE;
    this.#note({ ...fault, kind: LedgerKind.FAULT_ON, attempt: 1, outcome });
    if (dice === 0) this.#kill(victim);
    else if (dice === 1) this.#killMember(victim);
    else await this.#stopAndGoOn(victim);
    this.#note({ kind: LedgerKind.FAULT_OFF, taskNo: number });
  }

  #kill(victim: SimulatedWorker): void {
    victim.isAlive = false;
    this.#broker.leave(victim.number, true);
    this.#workers.push(this.#newWorker());
  }

  #killMember(victim: SimulatedWorker): void {
    const [running] = [...victim.pool.jobs].filter(([, isStarted]) => isStarted);
    if (running === undefined) return;
    const [job] = running;
    victim.pool.end(job, () => {
      job.onLost(new WorkerLostError('the member is gone'));
    });
  }

  async #stopAndGoOn(victim: SimulatedWorker): Promise<void> {
    victim.isStopped = true;
    await this.#step();
    this.#broker.endEpoch(victim.number);
    for (let steps = 0; steps < 8; steps++) await this.#step();
    victim.isStopped = false;
    // It hears that its epoch is over, after what it did in the same turn.
    for (const [job, isStarted] of [...victim.pool.jobs]) {
      if (isStarted && this.#random.float() < 0.5) this.#endJob(victim, job);
    }
    victim.intake.dropUnstarted();
    await this.#step();
  }

  /** A client reads every result twice: when it was stored first, and at the end. */
  #readResults(): void {
    const read = (taskId: string, document: Uint8Array): void => {
      const { value, by } = JSON.parse(Buffer.from(document).toString()) as { value?: string; by?: number };
      const taskNo = Number(taskId.slice(3));
      const outcome = expectedOf(taskNo).outcome;
      const valueHash = value === undefined ? 0 : hashOf(value);
      this.#note({ kind: LedgerKind.RESULT_SEEN, taskNo, outcome, valueHash, writer: writerOf(by ?? 0, 1) });
    };
    const firsts = new Map<string, Uint8Array>();
    for (const batch of this.#store.stores) {
      for (const { taskId, document } of batch) if (!firsts.has(taskId)) firsts.set(taskId, document);
    }
    for (const [taskId, document] of firsts) {
      read(taskId, document);
      const last = this.#store.results.get(taskId);
      if (last !== undefined && last.state === 'SUCCESS') read(taskId, last.document);
    }
  }

  #noteRun(worker: SimulatedWorker, job: PoolJob, entry: Pick<LedgerEntry, 'kind' | 'outcome'>): void {
    this.#note({ ...entry, ...identityOf(job), writer: writerOf(worker.number, 1) });
  }

  #note(entry: LedgerEntry): void {
    const { outcome = LedgerOutcome.NONE, attempt = 0, key = 0, valueHash = 0, writer = 0 } = entry;
    const seq = this.#seq++;
    const monoNs = BigInt(this.#clock.nowMonoMs()) * 1_000_000n + BigInt(seq);
    this.#records.push({ ...entry, outcome, attempt, key, valueHash, writer, seq, monoNs });
  }
}

function messageOf(taskNo: number, retries: number): OutgoingMessage {
  return {
    exchange: '',
    routingKey: 'celery',
    headers: HeaderBlock.fromTable({ task: 'chaos.work', id: `id-${String(taskNo)}`, retries }),
    properties: jsonProperties,
    body: Buffer.from('[[],{},null]'),
    notBeforeEpochMs: null,
  };
}

/** Hooks of a task that the host has ended: no run of it, and the ledger knows nothing of it. */
function endEpilogue(worker: SimulatedWorker, job: PoolJob): void {
  worker.pool.end(job, () => {
    job.onOutcome(
      OutcomeKind.FAILURE,
      encodeOutcome({ runtimeUs: 1, document: JSON.stringify({ status: 'FAILURE' }), note: '', successors: [] }),
    );
  });
}

function identityOf(job: PoolJob): { readonly taskNo: number; readonly attempt: number } {
  if (!(job instanceof Request)) throw new TerminatedError('the pool runs a job that is no request');
  return { taskNo: Number(job.message.id.slice(3)), attempt: job.message.retries };
}

/** One run; the same seed and plant give the same ledger. */
export function simulateCluster(seed: number, plant: Plant | null = null): Promise<Judged> {
  return new SimulatedCluster(seed, plant).run();
}
