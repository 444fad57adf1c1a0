/**
 * Tries reads and writes of results again (BKE-27, `resultBackendAlwaysRetry`). Used by ResultClient. The worker's
 * settler does not come by here: it has tries without end of its own, because the acknowledgement waits for the result.
 * Client and host.
 */
import type { Clock } from '../kernel/clock.js';
import { BackendError, BackendGetMetaError, BackendStoreError, TerminatedError } from '../kernel/errors.js';
import type { Random } from '../kernel/random.js';
import type { Settings } from '../settings/table.js';

export interface ResultRetriesOptions {
  readonly settings: Pick<
    Settings,
    | 'resultBackendAlwaysRetry'
    | 'resultBackendMaxRetries'
    | 'resultBackendBaseSleepBetweenRetriesMs'
    | 'resultBackendMaxSleepBetweenRetriesMs'
  >;
  readonly clock: Clock;
  readonly random: Random;
}

const FAILURES = {
  store: { what: 'storing a result', errorClass: BackendStoreError },
  read: { what: 'reading a result', errorClass: BackendGetMetaError },
} as const;

export class ResultRetries {
  readonly #options: ResultRetriesOptions;
  /** Ends of the pauses under way. */
  readonly #pauses = new Set<(isAbandoned: boolean) => void>();

  constructor(options: ResultRetriesOptions) {
    this.#options = options;
  }

  /**
   * Settles as `run` does. With the setting, failures that may pass are not told before the tries are used up.
   * @throws BackendStoreError or BackendGetMetaError then; TerminatedError when the app is closed before.
   */
  async insist<T>(kind: keyof typeof FAILURES, run: () => Promise<T>): Promise<T> {
    const { resultBackendAlwaysRetry: isOn, resultBackendMaxRetries: maxRetries } = this.#options.settings;
    for (let retries = 0; ; retries++) {
      try {
        return await run();
      } catch (error) {
        if (!isOn || !(error instanceof BackendError) || !error.isRetryable) throw error;
        const { what, errorClass } = FAILURES[kind];
        if (maxRetries !== null && retries >= maxRetries) {
          throw new errorClass(`${what} failed ${String(retries + 1)} times: ${error.message}`, { cause: error });
        }
        const isAbandoned = await this.#pause(retries);
        if (isAbandoned)
          throw new TerminatedError(`the app was closed while ${what} was tried again`, { cause: error });
      }
    }
  }

  /** Ends what waits for its next try. */
  close(): void {
    for (const end of [...this.#pauses]) end(true);
  }

  /** Celery's full jitter: anything up to `min(max, base · 2^n)`. Resolves with true when the app was closed. */
  #pause(retries: number): Promise<boolean> {
    const { settings, clock, random } = this.#options;
    const stepMs = settings.resultBackendBaseSleepBetweenRetriesMs * 2 ** Math.min(retries, 40);
    const boundMs = Math.min(settings.resultBackendMaxSleepBetweenRetriesMs, stepMs);
    return new Promise((resolve) => {
      const end = (isAbandoned: boolean): void => {
        timer.cancel();
        this.#pauses.delete(end);
        resolve(isAbandoned);
      };
      const timer = clock.after(random.float() * boundMs, () => {
        end(false);
      });
      this.#pauses.add(end);
    });
  }
}
