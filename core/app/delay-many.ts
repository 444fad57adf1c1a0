/**
 * `task.delayMany(calls)`: many calls of one task, a batch and one confirm at a time (design §1.3). Pulls from the source
 * only as fast as the broker confirms, so a source of any length costs the memory of two batches. Client and member.
 *
 *     for await (const { index, result, error } of add.delayMany(pairs())) …   one outcome a call, in order
 *     const outcomes = await add.delayMany([[1, 2], [3, 4]]);                 all of them as an array
 */
import { ConfigError } from '../kernel/errors.js';
import type { ApplyOptions, CallOptions } from './call-options.js';
import type { AsyncResult } from './async-result.js';

/** What became of one call: its result handle, or why it was not sent. `index` is its place in the source. */
export type DelayedCall<R> =
  | { readonly index: number; readonly result: AsyncResult<R>; readonly error: null }
  | { readonly index: number; readonly result: null; readonly error: Error };

export interface DelayManyOptions {
  /** Calls that share one confirm. @defaultValue 500 */
  readonly batchSize?: number;
  /** Options of every call; those of a single call stand above them. */
  readonly options?: CallOptions;
}

/** Positional arguments, or options with arguments. */
export type ManyCalls<A extends readonly unknown[]> =
  Iterable<A | ApplyOptions<A>> | AsyncIterable<A | ApplyOptions<A>>;

type Send<R> = (options: ApplyOptions<readonly unknown[]>) => Promise<AsyncResult<R>>;

const DEFAULT_BATCH = 500;
/** Batches under way: one is confirmed while the next is filled. */
const WINDOW = 2;

export class DelayMany<A extends readonly unknown[], R>
  implements PromiseLike<readonly DelayedCall<R>[]>, AsyncIterable<DelayedCall<R>>
{
  readonly #send: Send<R>;
  readonly #source: ManyCalls<A>;
  readonly #options: Required<DelayManyOptions>;
  #isTaken = false;

  /** @throws ConfigError for a batch size that is no count. */
  constructor(source: ManyCalls<A>, send: Send<R>, { batchSize = DEFAULT_BATCH, options = {} }: DelayManyOptions) {
    if (!(Number.isInteger(batchSize) && batchSize > 0)) {
      throw new ConfigError(`batchSize must be a whole number from 1, not ${String(batchSize)}`);
    }
    this.#send = send;
    this.#source = source;
    this.#options = { batchSize, options };
  }

  /** All outcomes as an array. Rejects with what the source throws, when all that was sent before has ended. */
  then<T = readonly DelayedCall<R>[], F = never>(
    onFulfilled?: ((outcomes: readonly DelayedCall<R>[]) => T | PromiseLike<T>) | null,
    onRejected?: ((reason: unknown) => F | PromiseLike<F>) | null,
  ): Promise<T | F> {
    return this.#collect().then(onFulfilled, onRejected);
  }

  /** Outcomes in the order of the source. Whoever stops early still waits for what is under way. */
  async *[Symbol.asyncIterator](): AsyncGenerator<DelayedCall<R>, void, undefined> {
    if (this.#isTaken) throw new ConfigError('delayMany() sends once: call it again to send again');
    this.#isTaken = true;
    const underWay: Promise<readonly DelayedCall<R>[]>[] = [];
    try {
      for await (const batch of this.#batches()) {
        underWay.push(batch.calls);
        if (underWay.length >= WINDOW) yield* (await underWay.shift()) ?? [];
      }
    } finally {
      // Also when the source throws: what has left is known before the error is.
      await Promise.all(underWay);
    }
    for (const batch of underWay) yield* await batch;
  }

  /** Sends each batch in one turn of the event loop, which the outlet makes one publish of. */
  async *#batches(): AsyncGenerator<{ readonly calls: Promise<readonly DelayedCall<R>[]> }, void, undefined> {
    let batch: ApplyOptions<readonly unknown[]>[] = [];
    let first = 0;
    const leave = (): { readonly calls: Promise<readonly DelayedCall<R>[]> } => {
      const calls = Promise.all(batch.map((call, at) => this.#call(call, first + at)));
      first += batch.length;
      batch = [];
      return { calls };
    };
    for await (const item of this.#source) {
      batch.push(this.#optionsOf(item));
      if (batch.length === this.#options.batchSize) yield leave();
    }
    if (batch.length > 0) yield leave();
  }

  async #collect(): Promise<readonly DelayedCall<R>[]> {
    const outcomes: DelayedCall<R>[] = [];
    for await (const outcome of this) outcomes.push(outcome);
    return outcomes;
  }

  #optionsOf(item: A | ApplyOptions<A>): ApplyOptions<readonly unknown[]> {
    const call: ApplyOptions<readonly unknown[]> = Array.isArray(item)
      ? { args: item as readonly unknown[] }
      : (item as ApplyOptions<readonly unknown[]>);
    return { ...this.#options.options, ...call };
  }

  async #call(options: ApplyOptions<readonly unknown[]>, index: number): Promise<DelayedCall<R>> {
    try {
      return { index, result: await this.#send(options), error: null };
    } catch (error) {
      return { index, result: null, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }
}
