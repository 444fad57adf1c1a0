/**
 * How a worker ends (WORK-70 to 75): it stops consuming, hands back what no member has started, waits for what runs (for
 * ever, for a time, or not at all), ends the rest, settles and closes. Calls that come later can only shorten the wait.
 * Every step is bounded: what fails or hangs is said and does not stop the next one (B3). Host thread.
 *
 *     warm  waits without end           soft  waits for `workerSoftShutdownTimeout`, then cold
 *     cold  waits for nothing           cancel  ends what runs at once, within whichever wait is under way
 */
import type { Connections } from '../app/connections.js';
import type { DirectOutlet } from '../app/direct-outlet.js';
import type { Clock } from '../kernel/clock.js';
import { withDeadline } from '../kernel/deadline.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Assembly } from './assembly.js';

/** Bound of each step that waits for a broker, store or thread, ms. */
const STEP_TIMEOUT_MS = 5_000;
/** The pool writes off a thread that native code holds after 5 s, and then has something to tell of its task. */
const POOL_TIMEOUT_MS = 8_000;
/** Longest time for members without work to end by themselves, ms; what users have left running in them does not hold them. */
const GOODBYE_MS = 1_000;

export interface ShutdownOptions {
  readonly parts: Pick<Assembly, 'consumers' | 'control' | 'intake' | 'pool' | 'settler' | 'size' | 'transport'>;
  readonly outlet: DirectOutlet;
  readonly connections: Connections;
  readonly logger: LeveledLogger;
  readonly clock: Clock;
}

export class Shutdown {
  readonly #options: ShutdownOptions;
  #hurry: () => void = () => undefined;
  readonly #hurried: Promise<false>;
  /** Nothing shorter than this, for tasks that may still come to be handed back elsewhere (WORK-73). */
  #atLeast: Promise<void> = Promise.resolve();

  constructor(options: ShutdownOptions) {
    this.#options = options;
    this.#hurried = new Promise((resolve) => {
      this.#hurry = () => {
        resolve(false);
      };
    });
  }

  /** The wait for running tasks ends after `timeoutMs` at the latest. */
  within(timeoutMs: number): void {
    this.#options.clock.after(timeoutMs, this.#hurry, { keepsAlive: false });
  }

  /** The wait lasts this long although nothing runs. */
  waitAtLeast(timeoutMs: number): void {
    this.#atLeast = new Promise((resolve) => {
      this.#options.clock.after(timeoutMs, resolve);
    });
  }

  /** Runs once; never rejects. */
  async run(): Promise<void> {
    const { parts, outlet, connections } = this.#options;
    const stopped = parts.consumers?.stop();
    parts.size?.close();
    // At once: while the broker answers, members would begin what stands in their lanes.
    parts.intake?.handBackUnstarted();
    await this.#step('stopping to consume', stopped);
    // What has run to its end is not waited for here: settling it may wait for a store, and that has a bound below.
    const isDrained = await Promise.race([this.#drained(), this.#hurried]);
    // Ends what still runs: its requests are judged and handed back. Idle members may say goodbye (SIG-29).
    await this.#step('stopping the pool', parts.pool?.close(isDrained ? GOODBYE_MS : 0), POOL_TIMEOUT_MS);
    parts.intake?.endEpilogues();
    await this.#step('settling', parts.settler?.idle());
    parts.settler?.close();
    // Until here what runs could still be revoked.
    await this.#step('closing remote control', parts.control?.close());
    await this.#step('closing the consumer', parts.consumers?.close());
    await this.#step('closing the transport', parts.transport?.close(STEP_TIMEOUT_MS));
    outlet.close();
    await this.#step('closing the connections', connections.close(STEP_TIMEOUT_MS));
  }

  async #drained(): Promise<boolean> {
    await Promise.all([this.#options.parts.intake?.drained(), this.#atLeast]);
    return true;
  }

  async #step(what: string, work: Promise<unknown> | undefined, timeoutMs = STEP_TIMEOUT_MS): Promise<void> {
    if (work === undefined) return;
    const { clock, logger } = this.#options;
    try {
      await withDeadline(clock, work, timeoutMs, what);
    } catch (error) {
      logger.warn({ err: error }, `${what} failed`);
    }
  }
}
