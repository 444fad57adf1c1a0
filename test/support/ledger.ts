/** Reads what the tasks of test/fixtures/apps/ledger-tasks.ts have written. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LedgerRecord {
  readonly kind: string;
  readonly id: string;
  readonly note: unknown;
  /** Process that wrote it. */
  readonly pid: number;
}

export function readLedger(folder: string): readonly LedgerRecord[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ledger'));
  return files.flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): LedgerRecord => {
        const [kind = '', id = '', ...note] = line.split(' ');
        return { kind, id, note: JSON.parse(note.join(' ')) as unknown, pid: Number.parseInt(name, 10) };
      }),
  );
}

/** id → how often a record of this kind stands there. */
export function countById(records: readonly LedgerRecord[], kind: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) {
    if (record.kind === kind) counts.set(record.id, (counts.get(record.id) ?? 0) + 1);
  }
  return counts;
}

/** Runs beyond the first, over all ids. */
export function repeats(records: readonly LedgerRecord[], kind: string): number {
  let sum = 0;
  for (const count of countById(records, kind).values()) sum += count - 1;
  return sum;
}
