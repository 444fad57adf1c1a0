/**
 * Port through which whatever a program does with tasks leaves it: messages to publish, results to read and store. In a
 * client or host it ends at the transport and backend (`core/app/direct-outlet.ts`), in a member at its host
 * (`member-outlet.ts`). Nothing else of an app touches a broker.
 */
import type { StoredResult } from '../ports/backend.js';
import type { OutgoingMessage } from '../ports/transport.js';
import type { PublishOptions } from './publish-options.js';

/** How to wait for a result. */
export interface AwaitOptions {
  /** Longest wait, ms; null waits for as long as the process lives. */
  readonly timeoutMs: number | null;
  /** Ends the wait; null: nothing does. */
  readonly signal: AbortSignal | null;
  /** null: only a ready result ends the wait; else any state whose `resultDigest` is another (`''`: any at all). */
  readonly unlike: string | null;
  /** Time between two reads of a backend that cannot push, ms (BKE-36). */
  readonly intervalMs: number;
}

export interface Outlet {
  /**
   * Resolves when the broker has confirmed the message; rejects at the deadline `taskPublishTimeoutMs`.
   * @param options how this publish differs from what the settings say; null: not at all
   */
  publish(message: OutgoingMessage, options?: PublishOptions | null): Promise<void>;
  /** The stored results in the order of the ids; null where there is none (PENDING). */
  fetchResults(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]>;
  /**
   * Resolves with the first ready result, or with the next state.
   * @throws TimeoutError at the end of the wait; the signal's reason.
   */
  awaitResult(taskId: string, wait: AwaitOptions): Promise<StoredResult>;
  /** Stores an intermediate or final state. */
  storeResult(result: StoredResult): Promise<void>;
  /** Removes stored results. */
  forgetResults(taskIds: readonly string[]): Promise<void>;
  /** Keeps, reads and removes the document of a group (RES-24); null when there is none. */
  saveGroup(groupId: string, document: Uint8Array): Promise<void>;
  fetchGroup(groupId: string): Promise<Uint8Array | null>;
  deleteGroup(groupId: string): Promise<void>;
  /** Removes what has expired at the backend; resolves with the number of results removed (`celery.backend_cleanup`). */
  cleanUpResults(): Promise<number>;
}
