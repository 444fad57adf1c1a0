/** The outlet of a client or host: straight to transport (`publish-queue.ts`) and backend (`result-client.ts`). */
import type { Clock } from '../kernel/clock.js';
import type { Random } from '../kernel/random.js';
import type { StoredResult } from '../ports/backend.js';
import type { OutgoingMessage } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import type { AwaitOptions, Outlet } from '../task/outlet.js';
import type { PublishOptions } from '../task/publish-options.js';
import type { Connections } from './connections.js';
import { PublishQueue } from './publish-queue.js';
import { QueueTable } from './queue-table.js';
import { ResultClient } from './result-client.js';

export interface DirectOutletOptions {
  readonly connections: Pick<Connections, 'transport' | 'backend' | 'openedBackend'>;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  /** Queues that are declared before a publish. @defaultValue those of the settings */
  readonly queues?: QueueTable;
}

export class DirectOutlet implements Outlet {
  readonly #results: ResultClient;
  readonly #publishes: PublishQueue;

  constructor(options: DirectOutletOptions) {
    this.#results = new ResultClient(options);
    this.#publishes = new PublishQueue({ ...options, queues: options.queues ?? new QueueTable(options.settings) });
  }

  publish(message: OutgoingMessage, options: PublishOptions | null = null): Promise<void> {
    return this.#publishes.publish(message, options);
  }

  fetchResults(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    return this.#results.fetchResults(taskIds);
  }

  awaitResult(taskId: string, options: AwaitOptions): Promise<StoredResult> {
    return this.#results.awaitResult(taskId, options);
  }

  storeResult(result: StoredResult): Promise<void> {
    return this.#results.storeResult(result);
  }

  forgetResults(taskIds: readonly string[]): Promise<void> {
    return this.#results.forgetResults(taskIds);
  }

  saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    return this.#results.saveGroup(groupId, document);
  }

  fetchGroup(groupId: string): Promise<Uint8Array | null> {
    return this.#results.fetchGroup(groupId);
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.#results.deleteGroup(groupId);
  }

  cleanUpResults(): Promise<number> {
    return this.#results.cleanUpResults();
  }

  /** Ends every wait for a result. */
  close(): void {
    this.#results.close();
  }
}
