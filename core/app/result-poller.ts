/**
 * Watches of results at a backend that cannot push (BKE-36): one read for all watched ids at a time, as often as the
 * hastiest of them asks for; no timer while nobody watches. Client and host.
 */
import type { Clock, TimerHandle } from '../kernel/clock.js';
import type { Backend, StoredResult, Watch } from '../ports/backend.js';
import { resultDigest } from '../task/result-digest.js';

interface Polled {
  readonly taskId: string;
  readonly intervalMs: number;
  readonly onResult: (result: StoredResult) => void;
  /** What was told last. */
  digest: string | null;
}

export class ResultPoller {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #polled = new Set<Polled>();
  #timer: TimerHandle | null = null;
  #isReading = false;

  constructor(backend: Backend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** As `Backend.watch`: tells the present result, if any, then each that a read finds changed. */
  watch(taskId: string, intervalMs: number, onResult: (result: StoredResult) => void): Watch {
    const polled: Polled = { taskId, intervalMs, onResult, digest: null };
    this.#polled.add(polled);
    this.#arm(0);
    return {
      stop: () => {
        if (!this.#polled.delete(polled) || this.#polled.size > 0) return;
        this.#timer?.cancel();
        this.#timer = null;
      },
    };
  }

  #arm(delayMs: number): void {
    // A read under way arms the next one when it has ended.
    if (this.#isReading) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(delayMs, () => void this.#read());
  }

  async #read(): Promise<void> {
    this.#timer = null;
    this.#isReading = true;
    const polled = [...this.#polled];
    try {
      const results = await this.#backend.fetch([...new Set(polled.map(({ taskId }) => taskId))]);
      const byId = new Map(results.flatMap((result) => (result === null ? [] : [[result.taskId, result] as const])));
      for (const one of polled) this.#tell(one, byId.get(one.taskId));
    } catch {
      // Tried again at the next turn: whoever waits has a deadline of its own.
    } finally {
      this.#isReading = false;
    }
    if (this.#polled.size === 0) return;
    let delayMs = Infinity;
    for (const { intervalMs } of this.#polled) delayMs = Math.min(delayMs, intervalMs);
    this.#arm(delayMs);
  }

  #tell(one: Polled, result: StoredResult | undefined): void {
    if (result === undefined || !this.#polled.has(one)) return;
    const digest = resultDigest(result);
    if (digest === one.digest) return;
    one.digest = digest;
    one.onResult(result);
  }
}
