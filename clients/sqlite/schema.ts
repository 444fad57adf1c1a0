/**
 * The tables of a celeriac database file, and the check that a file is one of ours. Runs on the I/O thread.
 *
 *     message   the bytes, written once and deleted once; no other statement touches this wide table
 *     ready     (queue, rank, id) → may be claimed now; rank is minus the priority, so one index scan is claim order
 *     delayed   (due, id) → moved to `ready` when due
 *     unsettled id → owner, the consumer epoch that holds it
 *     consumer  one row for each consumer epoch: process identity and lease
 *     exchange, binding   JSON of what was declared; `counter.topology` grows with every change of queues and bindings
 *     subscription        which queues a consumer epoch takes from
 *     result    seq grows with every store, so a watcher reads only what is new since its last look
 *     counter   next ids; not AUTOINCREMENT, whose value for a batch is unknown before it is written
 *
 * A message is in exactly one of `ready`, `delayed`, `unsettled`. Instants are milliseconds since 1970 UTC.
 */
import { UnusableDatabase } from './io-failure.js';

/** `CLRC`: `file` and every SQLite tool show it, and a foreign database is told from ours. */
const APPLICATION_ID = 0x434c5243;
export const SCHEMA_VERSION = 2;

/** What version 1 had; a new file gets it, too, so that both come to the same. */
const VERSION_1 = `
CREATE TABLE queue (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE message (id INTEGER PRIMARY KEY, headers TEXT NOT NULL, properties TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE ready (
  queue INTEGER NOT NULL, rank INTEGER NOT NULL, id INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, expires INTEGER, bytes INTEGER NOT NULL,
  PRIMARY KEY (queue, rank, id)) WITHOUT ROWID;
CREATE TABLE delayed (
  due INTEGER NOT NULL, id INTEGER NOT NULL, queue INTEGER NOT NULL, rank INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, expires INTEGER, bytes INTEGER NOT NULL,
  PRIMARY KEY (due, id)) WITHOUT ROWID;
CREATE TABLE unsettled (
  id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, queue INTEGER NOT NULL, rank INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, expires INTEGER, bytes INTEGER NOT NULL);
CREATE TABLE consumer (
  id INTEGER PRIMARY KEY, boot TEXT NOT NULL, namespace TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL,
  lease_until INTEGER NOT NULL);
CREATE TABLE result (
  seq INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, is_ready INTEGER NOT NULL,
  document BLOB NOT NULL, expires INTEGER);
CREATE INDEX result_expires ON result (expires) WHERE expires IS NOT NULL;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('message', 0), ('result', 0), ('consumer', 0);
PRAGMA application_id = ${String(APPLICATION_ID)};
`;

/**
 * `rules`: JSON of the declaration, null where the queue is plain. `is_transient`: it may remove itself. `expires` of version
 * 1 was the message's own, which is the worker's matter now (decision 0014).
 */
const VERSION_2 = `
ALTER TABLE queue ADD COLUMN rules TEXT;
ALTER TABLE queue ADD COLUMN is_transient INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN had_consumer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN used INTEGER;
CREATE INDEX queue_transient ON queue (id) WHERE is_transient = 1;
CREATE TABLE exchange (name TEXT PRIMARY KEY, declaration TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE binding (
  queue INTEGER NOT NULL, exchange TEXT NOT NULL, key TEXT NOT NULL, binding TEXT NOT NULL,
  PRIMARY KEY (queue, exchange, key)) WITHOUT ROWID;
CREATE TABLE subscription (owner INTEGER NOT NULL, queue INTEGER NOT NULL, PRIMARY KEY (owner, queue)) WITHOUT ROWID;
INSERT INTO counter VALUES ('topology', 0);
UPDATE ready SET expires = NULL WHERE expires IS NOT NULL;
UPDATE delayed SET expires = NULL WHERE expires IS NOT NULL;
UPDATE unsettled SET expires = NULL WHERE expires IS NOT NULL;
`;

/** What leads from each version to the next; the first from an empty file. */
const MIGRATIONS = [VERSION_1, VERSION_2] as const;

/** What `prepareSchema` needs of a connection. */
export interface SchemaConnection {
  readonly path: string;
  exec(sql: string): void;
  /** First column of the first row. */
  scalar(sql: string): unknown;
  /** Runs `work` in one read transaction: all that it reads is of one moment. */
  snapshot<T>(work: () => T): T;
  /** Runs `work` in one write transaction. */
  write<T>(work: () => T): T;
}

/**
 * Brings the tables to `SCHEMA_VERSION`, from an empty file or an older celeriac's, in one transaction. A process of the
 * older celeriac that has the file open goes on: every statement of it still means the same.
 * @throws UnusableDatabase when the file is another program's or of a newer celeriac.
 */
export function prepareSchema(db: SchemaConnection): void {
  if (checkSchema(db) === SCHEMA_VERSION) return;
  db.write(() => {
    // Two processes may both have found the old file; the second finds it ready here.
    for (const sql of MIGRATIONS.slice(readVersion(db))) db.exec(sql);
    db.exec(`PRAGMA user_version = ${String(SCHEMA_VERSION)}`);
  });
}

/** The version of the tables, 0 for an empty file. @throws UnusableDatabase as `prepareSchema`. */
export function checkSchema(db: SchemaConnection): number {
  // Of one moment: between two reads another process may turn the empty file into celeriac's, and it would look foreign.
  return db.snapshot(() => readVersion(db));
}

function readVersion(db: SchemaConnection): number {
  const version = Number(db.scalar('PRAGMA user_version'));
  const application = Number(db.scalar('PRAGMA application_id'));
  const isEmpty = Number(db.scalar('SELECT count(*) FROM sqlite_schema')) === 0;
  if (isEmpty && version === 0) return 0;
  if (application !== APPLICATION_ID) {
    throw new UnusableDatabase(`${db.path} is another program's SQLite database; name a file of its own for celeriac`);
  }
  if (version > SCHEMA_VERSION) {
    throw new UnusableDatabase(
      `${db.path} was written by a newer celeriac (schema ${String(version)}, this one knows ${String(SCHEMA_VERSION)}); ` +
        'upgrade celeriac or name another file',
    );
  }
  return version;
}
