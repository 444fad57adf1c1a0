/**
 * The worker's core between a simulated broker, store and pool, in virtual time, driven by one seed: deliveries arrive,
 * members run, fail and die, some wait for their ETA or their rate limit, tasks are revoked wherever they are, the store
 * and the broker fail, the worker is stopped at a random point. What happened to each delivery stands in a ledger.
 *
 *     broker ──receive──▶ Intake ──submit──▶ FakePool ──end──▶ Judge ──verdict──▶ Settler ──▶ publish, store, settle
 */
import { TerminatedError, TimeLimitExceeded, TransportError, WorkerLostError } from '../../core/kernel/errors.js';
import { createSeededRandom } from '../../core/kernel/random.js';
import { silentLogger } from '../../core/ports/logger.js';
import type { PoolJob } from '../../core/ports/pool.js';
import type { Settlement } from '../../core/ports/transport.js';
import { formatInstant } from '../../core/protocol/iso-instant.js';
import { isEpilogue } from '../../core/task/epilogue.js';
import { OutcomeKind } from '../../core/task/outcome-record.js';
import { Intake } from '../../core/worker/intake.js';
import type { RevokedTasks } from '../../core/worker/revoked-tasks.js';
import { Request } from '../../core/worker/request.js';
import { Settler } from '../../core/worker/settler.js';
import { FakeBackend } from './fake-backend.js';
import { FakePool } from './fake-pool.js';
import { intakeParts } from './intake-parts.js';
import { taskDelivery } from './task-delivery.js';
import { outcomeOf, planOf, settingsOf } from './task-plan.js';
import { turn, VirtualClock } from './virtual-clock.js';

/** What happened to one delivery, in order: `start`, `epilogue`, `publish`, `store STATE`, `ack`, `requeue`, `dead-letter`. */
export type History = readonly string[];

export interface SimulationReport {
  /** Delivery tag → history. */
  readonly histories: ReadonlyMap<number, History>;
  /** Tag → whether its task acknowledges early. */
  readonly acksEarly: ReadonlySet<number>;
  /** Requests that the intake still holds. */
  readonly inHand: number;
  /** Timers that are left. */
  readonly timers: number;
}

const OUTCOMES: readonly OutcomeKind[] = Object.values(OutcomeKind);

class Simulation {
  readonly clock = new VirtualClock();
  readonly #random;
  readonly #pool;
  readonly #intake: Intake;
  readonly #settler: Settler;
  readonly #revoked: RevokedTasks;
  readonly #histories = new Map<number, string[]>();
  readonly #acksEarly = new Set<number>();
  readonly #failureRate: number;
  #deliveries = 0;

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
    this.#failureRate = this.#random.float() * 0.6;
    this.#pool = new FakePool(1 + this.#below(4));
    const backend = new FakeBackend();
    backend.failure = (batch) => {
      if (this.#fails()) return new Error('the store is down');
      for (const { taskId, state } of batch) this.#note(Number(taskId.slice(3)), `store ${state}`);
      return null;
    };
    const { clock } = this;
    const ports = { clock, random: this.#random, logger: silentLogger, backend };
    this.#settler = new Settler({
      ...ports,
      publish: (messages) => {
        if (this.#fails()) return Promise.reject(new TransportError('the broker is down'));
        for (const { headers } of messages) this.#note(Number(headers.table['id']), 'publish');
        return Promise.resolve();
      },
      settle: (batch) => this.#settle(batch),
    });
    const parts = intakeParts(settingsOf(), clock);
    this.#revoked = parts.revoked;
    this.#intake = new Intake({
      ...parts,
      hasNativeDelay: this.#below(2) === 0,
      pool: this.#pool,
      settler: this.#settler,
      plans: new Map([
        ['late', planOf({ rejectOnWorkerLost: this.#below(2) === 0 })],
        ['early', planOf({ acksLate: false })],
        ['limited', planOf({ rateLimit: 1 + this.#below(50) })],
      ]),
      storeState: () => undefined,
    });
  }

  async run(): Promise<SimulationReport> {
    const steps = 5 + this.#below(30);
    const epochEnds = this.#below(4) === 0 ? this.#below(steps) : -1;
    for (let step = 0; step < steps; step++) {
      this.#step();
      if (step === epochEnds) this.#intake.dropUnstarted();
      if (this.#below(3) === 0) await this.clock.advance(this.#below(200));
    }
    await this.#stop();
    return {
      histories: this.#histories,
      acksEarly: this.#acksEarly,
      inHand: this.#intake.size,
      timers: this.clock.timers,
    };
  }

  /** As `Worker.close`: hand back, let some end, terminate the rest, settle. */
  async #stop(): Promise<void> {
    this.#intake.handBackUnstarted();
    // The last batch was on its way when the consumer was cancelled.
    this.#receive();
    for (let left = this.#below(4); left > 0; left--) this.#endOne();
    if (this.#below(3) === 0) this.#intake.cancelRunning();
    // Epilogues of this turn come to the pool before it closes, or when it is closed.
    if (this.#below(2) === 0) await turn();
    else this.#pool.capacity = 0;
    for (const [job, isStarted] of [...this.#pool.jobs]) {
      this.#pool.end(job, () => {
        job.onTerminated(new TerminatedError('the pool closes'), isStarted);
      });
    }
    this.#intake.endEpilogues();
    await this.#intake.drained();
    await this.clock.runUntilIdle();
    await this.#settler.idle();
    await turn();
  }

  #step(): void {
    const dice = this.#below(12);
    if (dice < 3) this.#receive();
    else if (dice < 6) this.#beginOne();
    else if (dice < 10) this.#endOne();
    else if (dice < 11) this.#revokeOne();
    else this.#changeLimit();
  }

  /** Any delivery so far, wherever it is: to come, held, in a lane, running, ended. */
  #revokeOne(): void {
    const id = `id-${String(1 + this.#below(this.#deliveries + 2))}`;
    this.#revoked.add(id);
    this.#intake.revoke(({ message }) => message.id === id, this.#below(2) === 0 ? 'SIGTERM' : null);
  }

  #changeLimit(): void {
    this.#intake.admission.setRateLimit('limited', this.#below(3) === 0 ? null : 1 + this.#below(20));
  }

  #receive(): void {
    const batch = Array.from({ length: 1 + this.#below(4) }, () => {
      const tag = ++this.#deliveries;
      const isEarly = this.#below(4) === 0;
      if (isEarly) this.#acksEarly.add(tag);
      this.#histories.set(tag, []);
      const task = this.#below(12) === 0 ? 'unknown' : isEarly ? 'early' : this.#below(4) === 0 ? 'limited' : 'late';
      const headers = { task, ...this.#instant('eta', 0), ...this.#instant('expires', -50) };
      return taskDelivery({ tag, headers, deliveryCount: this.#below(4) });
    });
    this.#intake.receive(batch);
  }

  /** Seldom: an instant of the near future, or from so many ms before. */
  #instant(header: string, fromMs: number): Readonly<Record<string, string>> {
    if (this.#below(5) > 0) return {};
    return { [header]: formatInstant(this.clock.nowEpochMs() + fromMs + this.#below(2_000)) };
  }

  #beginOne(): void {
    const waiting = [...this.#pool.jobs].find(([, isStarted]) => !isStarted);
    if (waiting === undefined) return;
    this.#note(tagOf(waiting[0]), isEpilogue(waiting[0].head) ? 'epilogue' : 'start');
    this.#pool.begin(waiting[0]);
  }

  #endOne(): void {
    const running = [...this.#pool.jobs].filter(([, isStarted]) => isStarted).map(([job]) => job);
    const job = running[this.#below(running.length)];
    if (job === undefined) return;
    this.#pool.end(job, () => {
      this.#tellEnd(job);
    });
    this.#intake.feed();
  }

  #tellEnd(job: PoolJob): void {
    const dice = this.#below(10);
    if (dice === 0) {
      job.onLost(new WorkerLostError('the member is gone'));
    } else if (dice === 1) {
      job.onTimeLimit(new TimeLimitExceeded(1));
    } else if (isEpilogue(job.head)) {
      const isPublished = this.#below(4) > 0;
      const document = isPublished && this.#below(3) === 0 ? '' : '{}';
      const successorIds = this.#below(2) === 0 ? [String(tagOf(job))] : [];
      job.onOutcome(isPublished ? OutcomeKind.FAILURE : OutcomeKind.REJECTED, outcomeOf({ document, successorIds }));
    } else {
      const kind = OUTCOMES[this.#below(OUTCOMES.length)] ?? OutcomeKind.SUCCESS;
      const successorIds = kind === OutcomeKind.RETRY ? [String(tagOf(job))] : [];
      job.onOutcome(kind, outcomeOf({ document: this.#below(4) === 0 ? '' : '{}', successorIds }));
    }
  }

  #settle(batch: readonly Settlement[]): Promise<readonly ('settled' | 'gone')[]> {
    if (this.#fails()) return Promise.reject(new TransportError('the broker is down'));
    for (const { tag, action } of batch) this.#note(tag, action);
    return Promise.resolve(batch.map(() => (this.#below(20) === 0 ? 'gone' : 'settled')));
  }

  #note(tag: number, what: string): void {
    this.#histories.get(tag)?.push(what);
  }

  #fails(): boolean {
    return this.#random.float() < this.#failureRate;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.float() * limit);
  }
}

/** Of a request, or of its epilogue. */
function tagOf(job: PoolJob): number {
  if (job instanceof Request) return job.delivery.tag;
  const [, id] = /"id":"id-(\d+)"/.exec(job.head) ?? [];
  if (!isEpilogue(job.head) || id === undefined) throw new Error('the pool runs a job that is no request');
  return Number(id);
}

/** One run; the same seed gives the same run. */
export function simulateWorker(seed: number): Promise<SimulationReport> {
  return new Simulation(seed).run();
}
