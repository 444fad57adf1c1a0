/**
 * A promise that knows whether anybody has asked for its end: what a task publishes and does not await must fail the
 * task, what it awaits and catches must not. Member thread.
 */
import { InvariantError } from '../kernel/errors.js';

export class ObservedPromise<T> extends Promise<T> {
  #isObserved = false;

  /** What is derived from it is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** True once `then`, `catch` or `finally` was called, or it was awaited. */
  get isObserved(): boolean {
    return this.#isObserved;
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isObserved = true;
    return super.then(onFulfilled, onRejected);
  }

  /** Resolves when the promise has settled, with its error or null, without counting as an observer. */
  ended(): Promise<Error | null> {
    return super.then(
      () => null,
      (error: unknown) => (error instanceof Error ? error : new InvariantError(String(error))),
    );
  }
}
