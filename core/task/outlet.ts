/**
 * Port through which whatever a program does with tasks leaves it: messages to publish, results to read and store. In a
 * client or host it ends at the transport and backend (`core/app/direct-outlet.ts`), in a member at its host
 * (`member-outlet.ts`). Nothing else of an app touches a broker.
 */
import type { StoredResult } from '../ports/backend.js';
import type { OutgoingMessage } from '../ports/transport.js';

export interface Outlet {
  /** Resolves when the broker has confirmed the message; rejects at the deadline `taskPublishTimeoutMs`. */
  publish(message: OutgoingMessage): Promise<void>;
  /** The stored result; null when there is none (PENDING). */
  fetchResult(taskId: string): Promise<StoredResult | null>;
  /**
   * Resolves with the first ready result.
   * @throws TimeoutError after `timeoutMs`; null waits for as long as the process lives.
   */
  awaitResult(taskId: string, timeoutMs: number | null): Promise<StoredResult>;
  /** Stores an intermediate or final state. */
  storeResult(result: StoredResult): Promise<void>;
  /** Removes stored results. */
  forgetResults(taskIds: readonly string[]): Promise<void>;
}
