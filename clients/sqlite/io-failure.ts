/**
 * Turns what libsql throws into an `IoFailure`: the one place that reads its codes. Runs on the I/O thread.
 */
import type { IoFailure } from './io-protocol.js';

/**
 * Codes that say that this operation can never succeed. Whatever else goes wrong may pass, and a store that does not know
 * must not let a result be given up: a commit that failed without a code lost two of 22,800.
 */
const PERMANENT = /^SQLITE_(TOOBIG|CONSTRAINT|MISMATCH|RANGE)/;

/** Codes that say something of the file or the disk, not of one operation. */
const AFFECTS_ALL = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|NOMEM|PROTOCOL|CANTOPEN|READONLY|CORRUPT|NOTADB)/;

/** A file that this program must not use; the message says why and what to do. */
export class UnusableDatabase extends Error {}

/** A request that makes no sense to this file's queues and exchanges; `kind` says how the transport words it. */
export class RefusedRequest extends Error {
  readonly kind: 'refused' | 'full';

  constructor(kind: 'refused' | 'full', message: string) {
    super(message);
    this.kind = kind;
  }
}

function sqliteCodeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(sqliteCodeOf(error));
}

/** Whether trying the operations of a failed transaction one by one is pointless. */
export function affectsAll(error: unknown): boolean {
  return AFFECTS_ALL.test(sqliteCodeOf(error));
}

export function toFailure(error: unknown, path: string): IoFailure {
  const text = error instanceof Error ? error.message : String(error);
  const sqliteCode = sqliteCodeOf(error);
  if (error instanceof UnusableDatabase) return { kind: 'config', sqliteCode, message: text, isRetryable: false };
  if (error instanceof RefusedRequest) return { kind: error.kind, sqliteCode, message: text, isRetryable: false };
  return {
    kind: /^SQLITE_(NOTADB|READONLY|CANTOPEN|AUTH|PERM)/.test(sqliteCode) ? 'config' : 'store',
    sqliteCode,
    message: `${path}: ${text}${sqliteCode === '' ? '' : ` (${sqliteCode})`}`,
    isRetryable: !PERMANENT.test(sqliteCode),
  };
}
