/**
 * Writes docs/settings.md from the rows of core/settings, after a build: `node scripts/settings-page.mjs`. The test
 * test/unit/docs/settings-page.test.ts fails while the page is not what this makes of the rows.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './test-files.mjs';

const HEAD = `# Settings

Made from the rows in core/settings by \`scripts/settings-page.mjs\`; where values come from and what stands above what is in
[the guide](guide/configuration.md). A name that Celery has is Celery's in camelCase, with Celery's unit; \`task_acks_late\` is
read as well as \`taskAcksLate\`, and \`CELERIAC_TASK_ACKS_LATE\` in the environment. A value of the wrong type or range is
refused with the text of its row, and so is a name that nearly is one of these. A quantity is a plain number in the unit that
stands here: \`"10s"\` is refused with the number to write instead.
`;

const DEVIATIONS = `## Where the defaults differ from Celery's

\`reliability: 'safe'\` is the profile of celeriac, in which no task is lost; \`reliability: 'compat'\` has the defaults of Celery.
`;

const STATUS = { planned: ' _No effect in this version._', accepted: ' _Read, and without meaning here._', works: '' };

/** The Markdown of the page. */
export function settingsPage({ settingsTable, settingChapters }) {
  const chapters = settingChapters.map(({ title, rows }) => `## ${title}\n\n${tableOf(rows)}`);
  return [HEAD, DEVIATIONS, deviations(settingsTable), ...chapters].join('\n');
}

function deviations(rows) {
  const differing = Object.entries(rows).filter(([, { safe, compat }]) => show(safe) !== show(compat));
  const lines = differing.map(
    ([name, row]) => `| \`${name}\` | ${show(row.safe)} | ${show(row.compat)} | ${cell(row.meaning)} |`,
  );
  return ['| setting | safe | compat | meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
}

function tableOf(rows) {
  const lines = Object.entries(rows).map(
    ([name, row]) => `| \`${name}\` | ${typeOf(row)} | ${defaultOf(row)} | ${cell(row.meaning)}${STATUS[row.status]} |`,
  );
  return ['| setting | type | default | meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
}

const TYPES = {
  string: 'string',
  text: 'string',
  boolean: 'true or false',
  integer: 'whole number',
  number: 'number',
  strings: 'list of strings',
  urls: 'address, or a list',
  mapping: 'object',
  switchOrMapping: 'true, false or object',
  retryPolicy: 'object',
  rate: 'rate',
  deliveryMode: 'persistent or transient',
  timeZone: 'IANA zone',
  bytes: 'string or bytes',
  callable: 'function, class or module',
  any: 'see meaning',
};

function typeOf({ kind, words, nullable, unit, min }) {
  const type = kind === 'choice' ? words.join(' or ') : TYPES[kind];
  const details = [unit, min === null ? null : `≥ ${String(min)}`, nullable ? 'or null' : null];
  return [type, ...details.filter((detail) => detail !== null)].join(', ');
}

function defaultOf({ safe, compat, fallback }) {
  if (fallback !== null) return `as \`${fallback}\``;
  return show(safe) === show(compat) ? show(safe) : `${show(safe)}; compat ${show(compat)}`;
}

function show(value) {
  return value === null ? 'null' : `\`${JSON.stringify(value)}\``;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const table = await import(pathToFileURL(join(projectRoot, 'dist', 'core', 'settings', 'table.js')).href);
  writeFileSync(join(projectRoot, 'docs', 'settings.md'), settingsPage(table));
}
