/** The table of properties in pools/README.md: all eighteen stand in it, and what it names exists under that name. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { projectRoot } from '../../support/project.js';

const PROPERTIES = 18;

it('pools/README.md names for each property of a ring what shows it, and all of that exists', () => {
  const page = readFileSync(join(projectRoot, 'pools', 'README.md'), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| G\d+ \|/.test(line));
  assert.deepEqual(
    rows.map((row) => row.split('|')[1]?.trim()),
    Array.from({ length: PROPERTIES }, (_, i) => `G${String(i + 1)}`),
  );
  for (const row of rows) {
    const shownBy = row.split('|')[3] ?? '';
    const files = [...shownBy.matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1] as string);
    assert.ok(files.length > 0, row);
    for (const file of files) assert.ok(existsSync(join(projectRoot, file)), file);
    const texts = files.map((file) => readFileSync(join(projectRoot, file), 'utf8')).join('\n');
    for (const [, title] of shownBy.matchAll(/“([^”]+)”/g)) assert.ok(texts.includes(title as string), title);
  }
});
