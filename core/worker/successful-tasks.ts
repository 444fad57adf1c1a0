/**
 * Which tasks have succeeded before (TASK-58): ids of this worker, bounded, and behind them the result store. Asked only
 * of late-acknowledged messages that are delivered again, with `workerDeduplicateSuccessfulTasks`. Since a result is
 * stored after its successors were confirmed (R1), a stored SUCCESS has sent them. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { RecentSet } from '../kernel/recent-set.js';
import { State } from '../kernel/states.js';
import type { Backend } from '../ports/backend.js';
import type { Settings } from '../settings/table.js';

export class SuccessfulTasks {
  readonly #ids: RecentSet;
  readonly #backend: Backend | null;

  constructor(
    settings: Pick<Settings, 'workerSuccessfulMax' | 'workerSuccessfulExpires'>,
    { backend, clock }: { readonly backend: Backend | null; readonly clock: Clock },
  ) {
    const { workerSuccessfulMax: maxSize, workerSuccessfulExpires } = settings;
    this.#ids = new RecentSet({ maxSize, expiresMs: workerSuccessfulExpires * 1_000, clock });
    this.#backend = backend;
  }

  get size(): number {
    return this.#ids.size;
  }

  add(id: string): void {
    this.#ids.add(id);
  }

  /** @throws BackendError */
  async has(id: string): Promise<boolean> {
    if (this.#ids.has(id)) return true;
    if (this.#backend === null) return false;
    const [stored = null] = await this.#backend.fetch([id]);
    return stored?.state === State.SUCCESS;
  }
}
