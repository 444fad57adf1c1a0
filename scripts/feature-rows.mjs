/**
 * The rows of test/features/rows/*.txt (`ID<TAB>status<TAB>title`) and of the table in docs/differences.md
 * (`| ID | what Celery does | what celeriac does and why |`), read and checked for form. Used by feature-report.mjs.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `test`: a passing test must exist. `declared #N`: comes with issue N. `exception`: not on Node, see the table. */
const STATUS = /^(test|declared #\d+|exception)$/;
const ID = /^[A-Z]+-\d+[a-z]?$/;
/** How the title of a test names its row. */
const TITLE_ID = /^([A-Z]+-\d+[a-z]?): /;
const TABLE_ROW = /^\|\s*([A-Z]+-\d+[a-z]?)\s*\|(.*)\|\s*$/;

/** The row that a test's title names, or null. */
export function idOfTitle(title) {
  return TITLE_ID.exec(title)?.[1] ?? null;
}

/** All rows in the order of files and lines, and what is wrong with their form. */
export function readRows(root) {
  const folder = join(root, 'test', 'features', 'rows');
  const rows = [];
  const problems = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.txt')) continue;
    for (const [index, line] of readFileSync(join(folder, file), 'utf8').split('\n').entries()) {
      if (line.trim() === '') continue;
      const row = parseRow(line);
      const problem = problemOf(row, rows);
      if (problem !== null) problems.push(`rows/${file}:${index + 1}: ${problem}`);
      rows.push({ chapter: file.slice(0, -'.txt'.length), ...row });
    }
  }
  return { rows, problems };
}

function parseRow(line) {
  const [id = '', status = '', title = ''] = line.split('\t').map((cell) => cell.trim());
  return { id, status, title };
}

function problemOf({ id, status, title }, earlier) {
  if (!ID.test(id)) return `"${id}" is no id`;
  if (earlier.some((row) => row.id === id)) return `${id} has two rows`;
  if (!STATUS.test(status)) return `${id} has the status "${status}"; there are test, declared #N and exception`;
  return title === '' ? `${id} has no title` : null;
}

/** Ids of the table in docs/differences.md, and what is wrong with its form. */
export function readDifferences(root) {
  const path = join(root, 'docs', 'differences.md');
  const ids = new Set();
  const problems = [];
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  for (const [index, line] of lines.entries()) {
    const [, id, rest] = TABLE_ROW.exec(line) ?? [];
    if (id === undefined) continue;
    const at = `docs/differences.md:${index + 1}`;
    if (ids.has(id)) problems.push(`${at}: ${id} stands there twice`);
    // A bar inside a cell is written `\|`.
    const cells = rest.split(/(?<!\\)\|/);
    if (cells.length !== 2 || cells.some((cell) => cell.trim() === '')) problems.push(`${at}: ${id} needs three cells`);
    ids.add(id);
  }
  return { ids, problems };
}
