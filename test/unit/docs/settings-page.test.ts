/** docs/settings.md is what the rows say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as table from '../../../core/settings/table.js';
import { projectRoot } from '../../support/project.js';

interface Script {
  settingsPage(rows: typeof table): string;
}

test('the page of the settings is what scripts/settings-page.mjs makes of the rows', async () => {
  const script = (await import(pathToFileURL(join(projectRoot, 'scripts', 'settings-page.mjs')).href)) as Script;
  const page = readFileSync(join(projectRoot, 'docs', 'settings.md'), 'utf8');
  assert.equal(page, script.settingsPage(table), 'build and run: node scripts/settings-page.mjs');
});

test('every setting stands in a chapter, once', () => {
  const named = table.settingChapters.flatMap(({ rows }) => Object.keys(rows));
  assert.deepEqual([...named].sort(), Object.keys(table.settingsTable).sort());
});
