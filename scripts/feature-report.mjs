/**
 * Compares the rows of the features that we promise with the tests that ran: takes the runner's events, and tells row by
 * row what stands where, what is inconsistent, and the sum. Used by features.mjs alone and by run-tests.mjs in a whole run.
 */
import { idOfTitle, readDifferences, readRows } from './feature-rows.mjs';

/** Below this share of tested rows the list counts as failed. */
const LEAST_TESTED = 0.95;

export class FeatureReport {
  #root;
  /** id → how the tests that name it ended: 'pass', 'FAIL' or 'skipped'. */
  #verdicts = new Map();

  constructor(root) {
    this.#root = root;
  }

  take({ type, data }) {
    if (type !== 'test:pass' && type !== 'test:fail') return;
    const id = idOfTitle(data.name);
    if (id === null) return;
    const isLeftOut = data.skip !== undefined || data.todo !== undefined;
    const verdict = type === 'test:fail' ? 'FAIL' : isLeftOut ? 'skipped' : 'pass';
    this.#verdicts.set(id, [...(this.#verdicts.get(id) ?? []), verdict]);
  }

  /** `{ lines, problems, summary }`: a line for each row, what fails the run, and the last line. */
  judge() {
    const { rows, problems: rowProblems } = readRows(this.#root);
    const differences = readDifferences(this.#root);
    const verdicts = rows.map((row) => this.#verdictOf(row));
    const tested = rows.filter((row) => row.status === 'test');
    const passed = verdicts.filter((verdict) => verdict === 'pass').length;
    const sums = {
      tested: `${passed} of ${tested.length} rows tested`,
      exceptions: `${rows.filter(({ status }) => status === 'exception').length} exceptions`,
      declared: `${rows.filter(({ status }) => status.startsWith('declared')).length} declared`,
    };
    const problems = [
      ...rowProblems,
      ...differences.problems,
      ...this.#problemsOfTests(rows),
      ...problemsOfExceptions(rows, differences.ids),
    ];
    if (passed < tested.length * LEAST_TESTED)
      problems.push(`${passed} of ${tested.length} rows tested, less than ${LEAST_TESTED * 100}%`);
    return {
      lines: rows.map(({ id, title }, index) => `${id.padEnd(10)} ${verdicts[index].padEnd(12)} ${title}`),
      problems,
      summary: `features: ${Object.values(sums).join(', ')}`,
    };
  }

  #verdictOf({ id, status }) {
    if (status !== 'test') return status;
    const [verdict = 'no test', ...more] = this.#verdicts.get(id) ?? [];
    return more.length > 0 ? 'FAIL' : verdict;
  }

  #problemsOfTests(rows) {
    const problems = [];
    const statuses = new Map(rows.map(({ id, status }) => [id, status]));
    for (const [id, verdicts] of this.#verdicts) {
      const status = statuses.get(id);
      if (status === undefined) problems.push(`a test names ${id}, of which there is no row`);
      else if (status !== 'test') problems.push(`${id} is ${status} and has a test`);
      if (verdicts.length > 1) problems.push(`${id} has ${verdicts.length} tests`);
      for (const verdict of verdicts) if (verdict !== 'pass') problems.push(`${id} has a test that did not pass`);
    }
    return problems;
  }
}

function problemsOfExceptions(rows, differing) {
  const problems = [];
  const excepted = new Set(rows.filter(({ status }) => status === 'exception').map(({ id }) => id));
  for (const id of excepted) {
    if (!differing.has(id)) problems.push(`${id} is an exception, and docs/differences.md does not say why`);
  }
  for (const id of differing) {
    if (!excepted.has(id)) problems.push(`${id} stands in docs/differences.md and is no exception`);
  }
  return problems;
}
