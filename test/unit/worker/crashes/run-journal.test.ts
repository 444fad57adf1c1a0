import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { NO_SLOT, readJournalFile, RunJournal } from '../../../../core/worker/crashes/run-journal.js';

function journalIn(t: TestContext): { readonly path: string; readonly journal: RunJournal } {
  const folder = mkdtempSync(join(tmpdir(), 'celeriac-journal-'));
  const path = join(folder, 'node.journal');
  const journal = new RunJournal(path);
  t.after(() => {
    journal.close();
    rmSync(folder, { recursive: true });
  });
  return { path, journal };
}

const task = (n: number): { id: string; name: string; sinceEpochMs: number } => ({
  id: `id-${String(n)}`,
  name: 'shop.add',
  sinceEpochMs: 1_000 + n,
});

test('another reader sees what was flushed, and what has left no more', (t) => {
  const { path, journal } = journalIn(t);
  const slots = [1, 2, 3].map((n) => journal.enter(task(n)));
  assert.deepStrictEqual(readJournalFile(path), []);
  journal.flush();
  assert.deepStrictEqual(
    readJournalFile(path).map(({ id, name }) => [id, name]),
    [
      ['id-1', 'shop.add'],
      ['id-2', 'shop.add'],
      ['id-3', 'shop.add'],
    ],
  );
  journal.leave(slots[1] ?? NO_SLOT);
  journal.run(slots[2] ?? NO_SLOT, 5_000);
  journal.flush();
  assert.deepStrictEqual(readJournalFile(path), [
    { id: 'id-1', name: 'shop.add', isRunning: false, sinceEpochMs: 1_001 },
    { id: 'id-3', name: 'shop.add', isRunning: true, sinceEpochMs: 5_000 },
  ]);
});

test('it grows to thousands of slots, and leaves out what is more', (t) => {
  const { path, journal } = journalIn(t);
  const slots = Array.from({ length: 5_000 }, (_, n) => journal.enter(task(n)));
  journal.flush();
  const kept = slots.filter((slot) => slot !== NO_SLOT);
  assert.equal(kept.length, 4_096);
  assert.equal(new Set(kept).size, 4_096);
  assert.equal(readJournalFile(path).length, 4_096);
  for (const slot of slots) journal.leave(slot);
  journal.flush();
  assert.deepStrictEqual(readJournalFile(path), []);
});

test('a slot that is free is taken again before a new one', (t) => {
  const { journal } = journalIn(t);
  const first = journal.enter(task(1));
  journal.leave(first);
  assert.equal(journal.enter(task(2)), first);
});

test('where there is no file nothing was running', () => {
  assert.deepStrictEqual(readJournalFile('/nowhere/at/all'), []);
});
