/** The part of the hour that goes through `ThreadPool`: values, promises, signals and limits instead of bytes. */
import { isDeepStrictEqual } from 'node:util';
import type { Random } from '../../../core/kernel/random.js';
import { ThreadPool } from '../../../pools/thread-pool.js';

const MOST_OPEN = 60;

type Check = (result: PromiseSettledResult<unknown>) => string | null;

interface Draw {
  readonly name: string;
  readonly value: unknown;
  readonly timeLimitMs?: number;
  readonly softTimeLimitMs?: number;
  readonly abortAfterMs?: number;
  /** What is wrong with the end of it; null for nothing. */
  readonly check: Check;
}

function valueIs(expected: unknown): Check {
  return (result) => {
    if (result.status === 'rejected') return isLoss(result.reason) ? null : `rejected: ${String(result.reason)}`;
    return isDeepStrictEqual(result.value, expected) ? null : `another value: ${JSON.stringify(result.value)}`;
  };
}

function errorIs(...names: readonly string[]): Check {
  return (result) => {
    if (result.status === 'fulfilled') return 'resolved';
    const { name } = result.reason as Error;
    return names.includes(name) || isLoss(result.reason) ? null : `rejected with ${name}`;
  };
}

/** Members die here too; runs beside theirs may go with them. */
function isLoss(error: unknown): boolean {
  return (error as Error).name === 'WorkerLostError';
}

export class RunArena {
  readonly violations: string[] = [];
  runs = 0;
  lost = 0;
  readonly #random: Random;
  readonly #deadlineMs: number;
  readonly #pool: ThreadPool;
  readonly #open = new Set<Promise<void>>();
  #isOver = false;

  constructor(random: Random, deadlineMs: number) {
    this.#random = random;
    this.#deadlineMs = deadlineMs;
    this.#pool = new ThreadPool({
      filename: new URL('../../support/members/functions.js', import.meta.url),
      minThreads: 1,
      maxThreads: 2,
      asyncPerMember: 4,
    });
  }

  async start(): Promise<void> {
    await this.#pool.ready;
  }

  async drive(): Promise<void> {
    while (!this.#isOver) {
      while (this.#open.size < MOST_OPEN) this.#run(this.#draw());
      await Promise.race(this.#open);
      // Promises alone would keep timers and bells from their turn.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  async finish(): Promise<void> {
    await Promise.all(this.#open);
    await this.#pool.close({ timeoutMs: 20_000 });
  }

  #run(draw: Draw): void {
    this.runs++;
    const { name, value, abortAfterMs, check, ...limits } = draw;
    const signal = abortAfterMs === undefined ? {} : { signal: AbortSignal.timeout(abortAfterMs) };
    const startMs = performance.now();
    const settled = Promise.allSettled([this.#pool.run(value, { name, ...limits, ...signal })]).then(([result]) => {
      this.#open.delete(settled);
      const wrong = check(result);
      if (wrong !== null) this.violations.push(`runs: ${name}: ${wrong}`);
      if (result.status === 'rejected' && isLoss(result.reason)) this.lost++;
      if (performance.now() - startMs > this.#deadlineMs) this.violations.push(`runs: ${name} took too long`);
    });
    this.#open.add(settled);
  }

  #draw(): Draw {
    const r = this.#random.float();
    const n = Math.floor(this.#random.float() * 1_000);
    if (r < 0.002) return { name: 'exit', value: 3, check: errorIs('WorkerLostError') };
    if (r < 0.004) return { name: 'loop', value: null, timeLimitMs: 30, check: errorIs('TimeLimitExceeded') };
    if (r < 0.006) return { name: 'loop', value: null, abortAfterMs: 20, check: errorIs('TimeoutError') };
    if (r < 0.008) {
      return { name: 'untilAborted', value: null, softTimeLimitMs: 20, check: errorIs('SoftTimeLimitExceeded') };
    }
    if (r < 0.1) return { name: 'fail', value: `e${String(n)}`, check: errorIs('RangeError') };
    if (r < 0.4) return { name: 'later', value: n, check: valueIs(n) };
    if (r < 0.6) return { name: 'default', value: n, check: valueIs(2 * n) };
    const value = { n, list: Array.from({ length: n % 40 }, (_, i) => `${String(n)}-${String(i)}`), at: new Date(n) };
    return { name: 'echo', value, check: valueIs(value) };
  }
}
