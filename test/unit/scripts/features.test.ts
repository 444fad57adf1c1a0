/** `scripts/features.mjs` over planted projects: what it prints, and each inconsistency that it must refuse. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot } from '../../support/project.js';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.js';

interface Project {
  readonly rows: readonly string[];
  readonly differences?: readonly string[];
  /** Bodies of tests by title. */
  readonly tests: Readonly<Record<string, string>>;
}

const good: Project = {
  rows: ['CALL-01\ttest\tdelay sends', 'CALL-02\tdeclared #7\tsent to RabbitMQ', 'CALL-03\texception\tpickled calls'],
  differences: ['| CALL-03 | pickles | never does: it runs what the wire says |'],
  tests: { 'CALL-01: delay sends a message': '', 'a title without an id': '' },
};

describe('npm run features', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let count = 0;

  before(async () => {
    folder = await temporaryFolder();
  });

  after(() => folder.remove());

  function runIn(project: Project): { readonly code: number | null; readonly lines: readonly string[] } {
    const root = join(folder.path, String(count++));
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    const tests = Object.entries(project.tests).map(
      ([title, body]) => `it(${JSON.stringify(title)}, (t) => {${body}});`,
    );
    write('package.json', '{ "type": "module" }');
    write('test/features/rows/call.txt', `${project.rows.join('\n')}\n`);
    write('test/features/call.test.ts', '');
    write('dist/test/features/call.test.js', ["import { it } from 'node:test';", ...tests].join('\n'));
    write(
      'docs/differences.md',
      ['| ID | Celery | celeriac |', '|---|---|---|', ...(project.differences ?? [])].join('\n'),
    );
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/features.mjs', root], {
      cwd: projectRoot,
      env,
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    return { code: status, lines: stdout.trimEnd().split('\n') };
  }

  it('prints each row with its verdict, and the sum last', () => {
    const { code, lines } = runIn(good);
    assert.equal(code, 0, lines.join('\n'));
    assert.deepEqual(
      lines.filter((line) => /^CALL-\d/.test(line)).map((line) => line.replaceAll(/ {2,}/g, ' ')),
      ['CALL-01 pass delay sends', 'CALL-02 declared #7 sent to RabbitMQ', 'CALL-03 exception pickled calls'],
    );
    assert.equal(lines.at(-1), 'features: 1 of 1 rows tested, 1 exceptions, 1 declared');
  });

  it('refuses every disagreement between rows, tests and the table of differences', () => {
    const { code, lines } = runIn({
      rows: [
        ...good.rows,
        'CALL-04\texception\tnot in the table',
        'CALL-05\ttest\ttwice',
        'CALL-06\ttest\t',
        'CALL-07\tsoon\tan unknown status',
        'CALL-05\ttest\tin two rows',
        'call-8\ttest\tnot an id',
        'CALL-09\ttest\tskipped',
        'CALL-10\ttest\tfails',
      ],
      differences: [...(good.differences ?? []), '| CALL-01 | has | has too |', '| CALL-03 | again | |'],
      tests: {
        ...good.tests,
        'CALL-02: a declared row': '',
        'CALL-03: an exception': '',
        'CALL-05: once': '',
        'CALL-05: and again': '',
        'CALL-06: without a title': '',
        'CALL-09: left out': 't.skip();',
        'CALL-10: goes wrong': "throw new Error('wrong');",
        'CALL-99: of no row': '',
      },
    });
    assert.equal(code, 1);
    const problems = lines.filter((line) => line.startsWith('PROBLEM: ')).map((line) => line.slice('PROBLEM: '.length));
    assert.deepEqual(problems.sort(), [
      '2 of 7 rows tested, less than 95%',
      'CALL-01 stands in docs/differences.md and is no exception',
      'CALL-02 is declared #7 and has a test',
      'CALL-03 is exception and has a test',
      'CALL-04 is an exception, and docs/differences.md does not say why',
      'CALL-05 has 2 tests',
      'CALL-09 has a test that did not pass',
      'CALL-10 has a test that did not pass',
      'a test names CALL-99, of which there is no row',
      'docs/differences.md:5: CALL-03 needs three cells',
      'docs/differences.md:5: CALL-03 stands there twice',
      'rows/call.txt:6: CALL-06 has no title',
      'rows/call.txt:7: CALL-07 has the status "soon"; there are test, declared #N and exception',
      'rows/call.txt:8: CALL-05 has two rows',
      'rows/call.txt:9: "call-8" is no id',
    ]);
  });

  it('fails below 95% of tested rows', () => {
    const rows = Array.from({ length: 20 }, (_, n) => `CALL-${String(n + 1)}\ttest\trow ${String(n)}`);
    const tests = Object.fromEntries(rows.map((_, n) => [`CALL-${String(n + 1)}: holds`, '']));
    const { 'CALL-1: holds': _one, ...ninetyFive } = tests;
    const { 'CALL-2: holds': _two, ...ninety } = ninetyFive;
    assert.equal(runIn({ rows, tests: ninetyFive }).code, 0);
    const { code, lines } = runIn({ rows, tests: ninety });
    assert.equal(code, 1);
    assert.equal(lines.at(-1), 'features: 18 of 20 rows tested, 0 exceptions, 0 declared');
  });
});
