/**
 * What must not run (WORK-60 to 63): ids of tasks, and values of stamped headers. Both are bounded in number and time,
 * and both are kept by the state file. An empty set costs one branch a message. Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { RecentSet } from '../kernel/recent-set.js';
import type { HeaderTable, HeaderValue } from '../kernel/header-block.js';
import type { TaskMessage } from '../protocol/task-message.js';
import type { Settings } from '../settings/table.js';

/** Header → value or values that revoke, as `revokeByStampedHeaders` takes them. */
export type StampedHeaders = Readonly<Record<string, string | readonly string[]>>;

/** The set as it is written down: names with epoch ms. A stamp is `[header, value]` in JSON. */
export interface RevokedRecord {
  readonly ids: readonly (readonly [id: string, epochMs: number])[];
  readonly stamps: readonly (readonly [stamp: string, epochMs: number])[];
}

export class RevokedTasks {
  readonly #ids: RecentSet;
  readonly #stamps: RecentSet;

  constructor(settings: Pick<Settings, 'workerRevokesMax' | 'workerRevokeExpires'>, clock: Clock) {
    const bounds = { maxSize: settings.workerRevokesMax, expiresMs: settings.workerRevokeExpires * 1_000, clock };
    this.#ids = new RecentSet(bounds);
    this.#stamps = new RecentSet(bounds);
  }

  get isEmpty(): boolean {
    return this.#ids.size + this.#stamps.size === 0;
  }

  /** Revoked ids, oldest first. */
  ids(): readonly string[] {
    return this.#ids.entries().map(([id]) => id);
  }

  add(id: string): void {
    this.#ids.add(id);
  }

  addStamps(headers: StampedHeaders): void {
    for (const [header, values] of Object.entries(headers)) {
      for (const value of typeof values === 'string' ? [values] : values) this.#stamps.add(stampKey(header, value));
    }
  }

  /** Whether the message is revoked by its id or by any of its stamps (BUG-23). */
  has(message: Pick<TaskMessage, 'id' | 'stamps'>): boolean {
    if (this.#ids.size > 0 && this.#ids.has(message.id)) return true;
    return this.#stamps.size > 0 && message.stamps !== null && this.#hasStamp(message.stamps);
  }

  record(): RevokedRecord {
    return { ids: this.#ids.entries(), stamps: this.#stamps.entries() };
  }

  /** Adds what was written down, with its own times. */
  merge({ ids, stamps }: RevokedRecord): void {
    for (const [id, epochMs] of ids) this.#ids.add(id, epochMs);
    for (const [stamp, epochMs] of stamps) this.#stamps.add(stamp, epochMs);
  }

  #hasStamp(stamps: HeaderTable): boolean {
    for (const [header, stamped] of Object.entries(stamps)) {
      const values: readonly (HeaderValue | undefined)[] = Array.isArray(stamped) ? stamped : [stamped];
      if (values.some((value) => this.#stamps.has(stampKey(header, textOf(value))))) return true;
    }
    return false;
  }
}

function stampKey(header: string, value: string): string {
  return JSON.stringify([header, value]);
}

function textOf(value: HeaderValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
