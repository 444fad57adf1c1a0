/**
 * One pool of the hour: a steady load, faults at their own pace, and a nemesis that cancels, recalls, resizes and renews,
 * all drawn from the seed. It ends when told, and then everything must have ended with it.
 */
import type { Random } from '../../../core/kernel/random.js';
import type { Pool, PoolHandlers } from '../../../core/ports/pool.js';
import { HourJob, type HourAct } from './hour-job.js';
import { HourLedger } from './hour-ledger.js';

/** Jobs that are open at a time. */
const MOST_OPEN = 300;
const BATCH = 40;
const LARGEST_BODY_BYTES = 16 * 2 ** 20;
const LONGEST_REPLY_BYTES = 20_000;
const FAULT_EVERY_MS = 120;
const STRIKE_EVERY_MS = 60;
const RENEW_EVERY_MS = 15_000;
const LARGE_EVERY_MS = 400;
const MOST_MEMBERS = 4;
const KEYS = 6;
const CAP = { name: 'three', limit: 3 } as const;

export interface ArenaOptions {
  readonly name: string;
  readonly random: Random;
  readonly asyncPerMember: number;
  readonly deadlineMs: number;
  readonly open: (handlers: PoolHandlers) => Pool;
  /** Whether the pool knows keys and caps. */
  readonly hasKeys: boolean;
}

const FAULTS: readonly HourAct[] = [
  { name: 'exit', argument: 3 },
  { name: 'exit-later', argument: 0 },
  { name: 'throw-outside', argument: 0 },
  { name: 'loop', argument: 0, timeLimitMs: 30 },
  { name: 'hang', argument: 0, timeLimitMs: 40 },
  { name: 'listen', argument: 0, softTimeLimitMs: 30, timeLimitMs: 20_000 },
  { name: 'poll', argument: 0, softTimeLimitMs: 20, timeLimitMs: 20_000 },
  { name: 'stubborn', argument: 0, softTimeLimitMs: 20, timeLimitMs: 5_000 },
  { name: 'hoard', argument: 4_096 },
  { name: 'hoard', argument: 4_096 },
];

export class Arena {
  readonly ledger: HourLedger;
  readonly #options: ArenaOptions;
  readonly #random: Random;
  readonly #pool: Pool;
  /** All bodies are parts of it. */
  readonly #base: Buffer;
  readonly #recent: HourJob[] = [];
  #seq = 0;
  #isOver = false;
  #onRoom: (() => void)[] = [];
  #faultAtMs = 0;
  #strikeAtMs = 0;
  #renewAtMs = 0;
  #largeAtMs = 0;
  #waitsSinceMs = Infinity;
  submittedCount = 0;

  constructor(options: ArenaOptions, base: Buffer) {
    this.#options = options;
    this.#random = options.random;
    this.#base = base;
    this.ledger = new HourLedger(options.name, options.asyncPerMember, options.deadlineMs);
    this.#pool = options.open({
      onCall: (call) => {
        this.ledger.serve(call, this.#chance(0.1) ? this.#integer(LONGEST_REPLY_BYTES) : 0);
      },
      onRoom: () => {
        for (const resolve of this.#onRoom.splice(0)) resolve();
      },
      onMemberLost: () => undefined,
      onRetire: (_member, cause) => {
        this.ledger.memberRetired(cause);
      },
      onOutput: () => undefined,
    });
  }

  async start(): Promise<void> {
    await this.#pool.start(60_000);
    const nowMs = performance.now();
    this.#renewAtMs = nowMs + RENEW_EVERY_MS * this.#random.float();
  }

  /** Submits until `stop`; resolves when it has submitted the last one. */
  async drive(): Promise<void> {
    while (!this.#isOver) {
      for (let i = 0; i < BATCH && this.ledger.open.size < MOST_OPEN; i++) await this.#submit(this.#draw());
      const nowMs = performance.now();
      await this.#doFaults(nowMs);
      this.#strike(nowMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Waits for what is open, closes the pool, and looks at what is left of it. */
  async finish(): Promise<void> {
    const { ledger } = this;
    while (ledger.open.size > 0) await new Promise((resolve) => setImmediate(resolve));
    const { inFlight } = this.#pool.snapshot();
    if (inFlight !== 0) ledger.violate(`the pool counts ${String(inFlight)} jobs in flight when none is open`);
    await this.#pool.close(20_000);
    const left = this.#pool.snapshot().members.length;
    if (left > 0) ledger.violate(`${String(left)} members are left after close`);
    ledger.checkSums();
  }

  /** Looks whether anything hangs; the driver itself may be what does. */
  checkTimes(): void {
    this.ledger.checkTimes();
    const forMs = performance.now() - this.#waitsSinceMs;
    if (forMs < this.#options.deadlineMs) return;
    const { members, inFlight, laneDepth } = this.#pool.snapshot();
    const states = members.map(({ index, epoch, state }) => `${String(index)}.${String(epoch)} ${state}`);
    this.ledger.violate(
      `no room for ${String(Math.round(forMs))} ms: ${String(inFlight)} in flight, depth ${String(laneDepth)}, ` +
        `members ${states.join(', ')}`,
    );
    this.stop();
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  async #submit(job: HourJob): Promise<void> {
    while (!this.#pool.submit(job)) {
      if (this.#isOver) return;
      this.#waitsSinceMs = performance.now();
      await new Promise<void>((resolve) => this.#onRoom.push(resolve));
      this.#waitsSinceMs = Infinity;
    }
    this.ledger.submitted(job);
    this.submittedCount++;
    this.#recent.push(job);
    if (this.#recent.length > 2 * MOST_OPEN) this.#recent.splice(0, MOST_OPEN);
  }

  #draw(): HourJob {
    const r = this.#random.float();
    let act: HourAct = { name: 'echo', argument: 0 };
    if (r < 0.08) act = { name: 'wait', argument: this.#integer(20) };
    else if (r < 0.14) act = { name: 'call', argument: 1 + this.#integer(4) };
    else if (r < 0.18) act = { name: 'spin', argument: this.#random.float() * 2 };
    // Most are small; every size up to an eighth of the ring and beyond occurs.
    const bytes = Math.floor(this.#random.float() ** 6 * 60_000);
    return this.#job(act, bytes);
  }

  #job(act: HourAct, bytes: number): HourJob {
    const at = this.#integer(this.#base.length - bytes);
    const hasKey = this.#options.hasKeys && this.#chance(0.15);
    const hasCap = this.#options.hasKeys && !hasKey && this.#chance(0.05);
    return new HourJob(this.ledger, {
      seq: ++this.#seq,
      act,
      body: this.#base.subarray(at, at + bytes),
      replyBytes: this.#chance(0.5) ? bytes : this.#integer(bytes),
      orderingKey: hasKey ? `key-${String(this.#integer(KEYS))}` : null,
      cap: hasCap ? CAP : null,
    });
  }

  async #doFaults(nowMs: number): Promise<void> {
    if (nowMs >= this.#faultAtMs) {
      this.#faultAtMs = nowMs + FAULT_EVERY_MS * 2 * this.#random.float();
      const act = FAULTS[this.#integer(FAULTS.length)] as HourAct;
      await this.#submit(this.#job(act, this.#integer(2_000)));
    }
    if (nowMs >= this.#largeAtMs) {
      this.#largeAtMs = nowMs + LARGE_EVERY_MS * 2 * this.#random.float();
      const bytes = Math.floor(this.#random.float() ** 2 * LARGEST_BODY_BYTES);
      await this.#submit(this.#job({ name: 'echo', argument: 0 }, bytes));
    }
  }

  #strike(nowMs: number): void {
    if (nowMs < this.#strikeAtMs) return;
    this.#strikeAtMs = nowMs + STRIKE_EVERY_MS * 2 * this.#random.float();
    const r = this.#random.float();
    const victim = this.#recent[this.#integer(this.#recent.length)];
    if (nowMs >= this.#renewAtMs) {
      this.#renewAtMs = nowMs + RENEW_EVERY_MS * 2 * this.#random.float();
      // Refused while another is under way, or nobody takes jobs.
      this.#pool.renew(null).catch(() => undefined);
    } else if (r < 0.1) this.#pool.resize(1 + this.#integer(MOST_MEMBERS));
    else if (victim !== undefined) this.#take(victim, r);
  }

  /** Recalls, aborts or terminates a job, which may have ended. */
  #take(victim: HourJob, r: number): void {
    if (r < 0.4) {
      if (this.#pool.recall(victim)) this.#recalled(victim);
      return;
    }
    const terminate = r < 0.55;
    const hadEnded = victim.hasEnded;
    if (terminate && !hadEnded) victim.isTerminated = true;
    const answer = this.#pool.cancel(victim, { terminate });
    if (answer === 'recalled') this.#recalled(victim);
    if (answer === 'unknown' && !victim.hasEnded) this.ledger.violate(`job ${String(victim.seq)} is unknown and open`);
    if (answer !== 'unknown' && hadEnded) this.ledger.violate(`job ${String(victim.seq)} is ${answer} after its end`);
  }

  #recalled(job: HourJob): void {
    if (job.acceptedCount > 0) this.ledger.violate(`job ${String(job.seq)} was recalled after it had started`);
    job.recalled();
  }

  #chance(probability: number): boolean {
    return this.#random.float() < probability;
  }

  /** From 0 to below the bound. */
  #integer(below: number): number {
    return Math.floor(this.#random.float() * below);
  }
}
