/**
 * What `gevent` and `eventlet` are here (CONC-04): async tasks at once in one member of another pool, with the signals that
 * Celery sends around such a pool (SIG-39 to SIG-42). Concurrency counts tasks. Host thread.
 */
import { ConfigError } from '../kernel/errors.js';
import type { Pool, PoolCapabilities, PoolJob, PoolSnapshot } from '../ports/pool.js';
import { signals } from '../task/signal-table.js';

export class GreenPool implements Pool {
  readonly capabilities: PoolCapabilities;
  readonly #pool: Pool;
  readonly #slots: number;

  constructor(pool: Pool, { name, slots }: { readonly name: string; readonly slots: number }) {
    this.#pool = pool;
    this.#slots = slots;
    const { capabilities } = pool;
    // The concurrency is what its one member runs at once.
    const ignores = [...(capabilities.ignores ?? []), 'asyncPerMember'];
    this.capabilities = { ...capabilities, kind: name, hasFixedSize: true, ignores };
  }

  async start(timeoutMs: number): Promise<readonly unknown[]> {
    const manifests = await this.#pool.start(timeoutMs);
    if (signals.eventletPoolStarted.hasListeners) await signals.eventletPoolStarted.sendAsync(this, {});
    return manifests;
  }

  submit(job: PoolJob): boolean {
    const isTaken = this.#pool.submit(job);
    if (isTaken && signals.eventletPoolApply.hasListeners) {
      signals.eventletPoolApply.send(this, { target: job, args: [job.head], kwargs: {} });
    }
    return isTaken;
  }

  cancel(job: PoolJob, options: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    return this.#pool.cancel(job, options);
  }

  recall(job: PoolJob): boolean {
    return this.#pool.recall(job);
  }

  isRunning(job: PoolJob): boolean {
    return this.#pool.isRunning(job);
  }

  /** Its size is the number of tasks at once. */
  snapshot(): PoolSnapshot {
    return { ...this.#pool.snapshot(), size: this.#slots };
  }

  renew(data: unknown): Promise<unknown> {
    return this.#pool.renew(data);
  }

  /** @throws ConfigError: a member has its slots from the start. */
  resize(size: number): void {
    if (size !== this.#slots) {
      throw new ConfigError(`a pool of the kind ${this.capabilities.kind} keeps its concurrency until it is restarted`);
    }
  }

  async close(timeoutMs: number): Promise<void> {
    if (signals.eventletPoolPreshutdown.hasListeners) await signals.eventletPoolPreshutdown.sendAsync(this, {});
    await this.#pool.close(timeoutMs);
    if (signals.eventletPoolPostshutdown.hasListeners) await signals.eventletPoolPostshutdown.sendAsync(this, {});
  }
}
