/**
 * What one transaction of the I/O thread leads to beside its rows: events for the host and bells after the commit,
 * memory put back after a rollback. Nothing of it happens before the outcome is known.
 */
import type { IoEvent } from './io-protocol.js';

export class TransactionEffects {
  readonly events: IoEvent[] = [];
  /** Somebody may find a message that was not ready before. */
  ringsMessages = false;
  /** Somebody may find a result that was not stored before. */
  ringsResults = false;
  /** Work done, for the checkpointer. */
  rows = 0;
  bytes = 0;
  readonly #undo: (() => void)[] = [];

  onRollback(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Takes over what another, committed transaction led to. */
  add(other: TransactionEffects): void {
    this.events.push(...other.events);
    this.ringsMessages ||= other.ringsMessages;
    this.ringsResults ||= other.ringsResults;
  }

  rollback(): void {
    for (const undo of this.#undo.reverse()) undo();
  }
}
