/**
 * Moves committed pages from the write-ahead log into the database file, so that the log stays short. Runs on the I/O
 * thread, between transactions.
 *
 * SQLite before 3.51.3 (libsql 0.5.29 carries 3.45.1) can lose commits when a writer resets the log while a checkpoint
 * starts (sqlite.org/wal.html#walresetbug). Here no writer can: a second connection holds the write lock for as long as
 * the checkpoint runs. FULL and TRUNCATE take that lock too, but go on without it when it is busy; so they are not used.
 * docs/decisions/0005-sqlite-wal.md.
 */
import type { Connection } from './connection.js';
import { isBusy } from './io-failure.js';

/** Work after which a checkpoint is due. About 5 MB of log: measured 2.5 kB a published, claimed, stored and acked task. */
const ROWS_DUE = 8_000;
const BYTES_DUE = 4 * 1024 * 1024;
/** A checkpoint does not queue for the write lock before this many times its due work has gathered. */
const OVERDUE = 8;
const OVERDUE_WAIT_MS = 1_000;

export class Checkpointer {
  readonly #worker: Pick<Connection, 'exec'>;
  readonly #guard: Connection;
  #rows = 0;
  #bytes = 0;

  /** @param guard a connection of its own, used for nothing else. */
  constructor(worker: Pick<Connection, 'exec'>, guard: Connection) {
    this.#worker = worker;
    this.#guard = guard;
  }

  /** Tells of committed work. */
  note(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }

  runIfDue(): void {
    const load = Math.max(this.#rows / ROWS_DUE, this.#bytes / BYTES_DUE);
    if (load >= 1) this.run(load >= OVERDUE ? OVERDUE_WAIT_MS : 0);
  }

  /** Work is committed that is not in the database file yet. */
  get isBehind(): boolean {
    return this.#rows > 0;
  }

  /** Waits `waitMs` for the write lock; false when another writer kept it and nothing was done. */
  run(waitMs: number): boolean {
    try {
      this.#guard.write(
        () => {
          this.#worker.exec('PRAGMA wal_checkpoint(PASSIVE)');
        },
        { waitMs },
      );
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    this.#rows = 0;
    this.#bytes = 0;
    return true;
  }
}
