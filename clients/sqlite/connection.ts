/**
 * One SQLite connection through libsql, the only file that imports it. Runs on the I/O thread, which may block: it waits
 * for another process's transaction here, with a bounded deadline, while the host runs on.
 */
import Database from 'libsql';
import { failpoints } from '../../core/kernel/failpoint.js';
import { isBusy, UnusableDatabase } from './io-failure.js';
import type { SchemaConnection } from './schema.js';

export type SqlValue = string | number | Uint8Array | null;

/** `full` syncs each commit to the disk, `normal` only at checkpoints. */
export type Synchronous = 'full' | 'normal';

export interface Statement {
  /** Number of rows changed. */
  run(...values: readonly SqlValue[]): number;
  /** The first row as an array of columns, or null. */
  row(...values: readonly SqlValue[]): readonly unknown[] | null;
  rows(...values: readonly SqlValue[]): readonly (readonly unknown[])[];
}

/** Longest wait for another writer; beyond it the operation fails and may be tried again (S4). */
const BUSY_DEADLINE_MS = 5_000;
/**
 * Pause between tries, ms. SQLite's own handler backs off to 100 ms, in which a process that commits without pause
 * starves the others; a transaction here takes about 3 ms.
 */
const BUSY_PAUSE_MS = 0.3;

export class Connection implements SchemaConnection {
  readonly path: string;
  readonly #db: Database.Database;
  /** What a durable commit asks for. */
  #synchronous: Synchronous = 'full';
  /** What the connection is set to. */
  #current: Synchronous = 'full';
  readonly #scalars = new Map<string, Statement>();
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));

  private constructor(path: string, db: Database.Database) {
    this.path = path;
    this.#db = db;
  }

  /**
   * Opens the file, creating an empty one, and changes nothing in it before `useLog`.
   * @throws UnusableDatabase when it cannot be opened.
   */
  static open(path: string): Connection {
    try {
      return new Connection(path, new Database(path));
    } catch (error) {
      throw new UnusableDatabase(`${path} cannot be opened; do its folder and the permission to write exist?`, {
        cause: error,
      });
    }
  }

  /**
   * Runs `work`, again and again while SQLite answers that the file is busy. Reads need it too: they wait for a process
   * that goes over to the log, recovers it after a crash, or closes it as the last one.
   */
  patiently<T>(work: () => T, waitMs: number = BUSY_DEADLINE_MS): T {
    const deadline = performance.now() + waitMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw error;
        Atomics.wait(this.#pause, 0, 0, BUSY_PAUSE_MS * (1 + Math.random()));
      }
    }
  }

  /** Goes over to the write-ahead log; how durable a commit is holds for this connection. */
  useLog(synchronous: Synchronous): void {
    this.#synchronous = synchronous;
    this.exec('PRAGMA journal_mode = WAL');
    // Checkpoints are ours alone: docs/decisions/0005-sqlite-wal.md.
    this.exec(
      `PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = full; PRAGMA cache_size = -16384;` +
        'PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY',
    );
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Compiled when it is first used: a process that opens a file uses a quarter of the statements, and waits for none. */
  prepare(sql: string): Statement {
    let plain: Database.Statement | null = null;
    let raw: Database.Statement | null = null;
    const inColumns = (): Database.Statement => (raw ??= this.#db.prepare(sql).raw());
    return {
      run: (...values) => (plain ??= this.#db.prepare(sql)).run(values).changes,
      row: (...values) => (inColumns().get(values) as readonly unknown[] | undefined) ?? null,
      rows: (...values) => inColumns().all(values) as (readonly unknown[])[],
    };
  }

  /**
   * First column of the first row. The statement is kept: one that has failed as busy stays active in SQLite, with its
   * read transaction, until it is run again (libsql has no reset), and with an old snapshot nothing can be written.
   */
  scalar(sql: string): unknown {
    let statement = this.#scalars.get(sql);
    if (statement === undefined) {
      statement = this.prepare(sql);
      this.#scalars.set(sql, statement);
    }
    return statement.row()?.[0];
  }

  /** Runs `work` in one read transaction: all that it reads is of one moment. */
  snapshot<T>(work: () => T): T {
    this.exec('BEGIN');
    try {
      return work();
    } finally {
      // Nothing to commit, and it ends a statement that has failed as busy.
      this.#rollback();
    }
  }

  /**
   * Runs `work` between BEGIN IMMEDIATE and COMMIT; whatever it throws rolls back.
   * @param options.waitMs longest wait for other writers.
   * @param options.isDurable false: a power loss may take the commit back (the next durable one covers it too).
   */
  write<T>(work: () => T, options: { readonly waitMs?: number; readonly isDurable?: boolean } = {}): T {
    this.#setSynchronous(options.isDurable === false ? 'normal' : this.#synchronous);
    this.patiently(() => {
      this.exec('BEGIN IMMEDIATE');
    }, options.waitMs);
    try {
      const value = work();
      failpoints?.reach('beforeSqliteCommit');
      this.exec('COMMIT');
      failpoints?.reach('afterSqliteCommit');
      return value;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  #setSynchronous(next: Synchronous): void {
    if (next === this.#current) return;
    this.exec(`PRAGMA synchronous = ${next}`);
    this.#current = next;
  }

  #rollback(): void {
    try {
      if (this.#db.inTransaction) this.exec('ROLLBACK');
    } catch {
      // A full disk or an I/O error has rolled back already; the first error is the one to report.
    }
  }
}
