/**
 * One stage of settling: items that arrive while a batch is under way form the next one, so the batch grows with the
 * load and an idle stage adds no delay. A batch that fails is tried again with backoff until it succeeds or the stage is
 * closed; nothing moves on before (R1). Host thread.
 */
import { Backoff } from '../kernel/backoff.js';
import type { Clock } from '../kernel/clock.js';
import { ConfigError, isCeleriacError, ProtocolError, TerminatedError } from '../kernel/errors.js';
import type { Random } from '../kernel/random.js';
import { TurnBatch } from '../kernel/turn-batch.js';

export interface StageOptions<T> {
  /** Carries out a batch; a rejection means that it may be given again. */
  readonly run: (batch: readonly T[]) => Promise<void>;
  /** The items of a batch that was carried out, in order. */
  readonly onDone: (batch: readonly T[]) => void;
  /** An item that can never succeed; the others of its batch are tried one by one. */
  readonly onRefused: (item: T, error: Error) => void;
  /** Each failure, before the next try. */
  readonly onRetry: (error: Error, delayMs: number) => void;
  readonly clock: Clock;
  readonly random: Random;
}

const MAX_BATCH = 1_000;

export class Stage<T> {
  readonly #options: StageOptions<T>;
  readonly #turn: TurnBatch<T>;
  #queue: T[] = [];
  #pending = 0;
  #isRunning = false;
  #isClosed = false;
  /** Ends the wait before the next try. */
  #wake: () => void = () => undefined;
  #onIdle: (() => void)[] = [];

  constructor(options: StageOptions<T>) {
    this.#options = options;
    this.#turn = new TurnBatch((items) => {
      // Not spread: a shutdown hands back all that is held in one turn, and more than 120,000 arguments overflow the stack.
      for (const item of items) this.#queue.push(item);
      void this.#pump();
    });
  }

  /** Items given and not yet done. */
  get pending(): number {
    return this.#pending;
  }

  push(item: T): void {
    this.#pending++;
    this.#turn.push(item);
  }

  /** Resolves when nothing is pending, or the stage was closed. */
  idle(): Promise<void> {
    if (this.#pending === 0 || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Gives up: what is pending stays undone, which leaves its messages unsettled at the broker. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
    this.#tellIdle();
  }

  async #pump(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#queue.length > 0 && !this.#isClosed) {
      const batch = this.#queue.splice(0, MAX_BATCH);
      await this.#carryOut(batch);
    }
    this.#isRunning = false;
  }

  async #carryOut(batch: readonly T[]): Promise<void> {
    const { run, random, onRetry } = this.#options;
    const backoff = new Backoff({ initialMs: 50, maxMs: 5_000 }, random);
    for (let failure = await attempt(run, batch); failure !== null; failure = await attempt(run, batch)) {
      if (isHopeless(failure)) {
        await this.#isolate(batch, failure);
        return;
      }
      if (this.#isClosed) return;
      const delayMs = backoff.nextMs();
      onRetry(failure, delayMs);
      await this.#sleep(delayMs);
      if (this.#isClosed) return;
    }
    this.#options.onDone(batch);
    this.#leave(batch.length);
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** One item of the batch cannot succeed: finds it by giving each alone. */
  async #isolate(batch: readonly T[], error: Error): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#options.onRefused(only, error);
      this.#leave(1);
      return;
    }
    for (const item of batch) if (!this.#isClosed) await this.#carryOut([item]);
  }

  #leave(count: number): void {
    this.#pending -= count;
    if (this.#pending === 0) this.#tellIdle();
  }

  #tellIdle(): void {
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }
}

/** Carries out a batch; the error as a value, so that one thrown by what follows is not taken for it. */
async function attempt<T>(run: StageOptions<T>['run'], batch: readonly T[]): Promise<Error | null> {
  try {
    await run(batch);
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new TerminatedError(String(thrown));
  }
}

/** Whether trying again is of no use: the port said so, or the item cannot be carried at all. */
function isHopeless(error: Error): boolean {
  if (error instanceof ProtocolError || error instanceof ConfigError) return true;
  return isCeleriacError(error) && 'isRetryable' in error && error.isRetryable === false;
}
