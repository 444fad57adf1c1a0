/** No wait without a deadline (reliability R3). */
import type { Clock } from './clock.js';
import { TimeoutError } from './errors.js';

/**
 * Settles as `promise` does, or rejects with `TimeoutError` after `timeoutMs`. The work behind the promise is not stopped.
 * `what` completes the sentence "… took longer than N ms".
 */
export function withDeadline<T>(clock: Clock, promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => {
      reject(new TimeoutError(`${what} took longer than ${String(timeoutMs)} ms`));
    });
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
