/**
 * Turns the events of node:test into what a reader needs: a line for each file when it ends, every failure in full with what the
 * file printed, the reason of every skip, and at the end the runner's own counters summed over the suites, in the
 * runner's own TAP form, so that whatever reads the end of its output reads ours.
 */
import { relative, resolve } from 'node:path';
import { inspect } from 'node:util';

/** Counters of the runner, in the order of its summary. */
const COUNTERS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms'];

export class TestReport {
  #print;
  #totals = Object.fromEntries(COUNTERS.map((name) => [name, 0]));
  /** Path → name, what the file printed, whether something in it failed. */
  #files = new Map();
  #failures = [];
  #fileCount = 0;

  constructor(print) {
    this.#print = print;
  }

  /** Files without a single test are no success. */
  get isGood() {
    const { tests, fail, cancelled } = this.#totals;
    return (tests > 0 || this.#fileCount === 0) && fail === 0 && cancelled === 0 && this.#failures.length === 0;
  }

  begin(files) {
    this.#fileCount += files.length;
    this.#files = new Map(files.map(({ path, name }) => [path, { name, output: '', failed: false }]));
  }

  take({ type, data }) {
    switch (type) {
      case 'test:pass':
        this.#onPass(data);
        break;
      case 'test:fail':
        this.#onFail(data);
        break;
      case 'test:complete':
        if (isFile(data)) this.#onFileEnd(data);
        break;
      case 'test:stdout':
      case 'test:stderr':
        this.#fileOf(data).output += data.message;
        break;
      case 'test:diagnostic':
        this.#onDiagnostic(data);
        break;
    }
  }

  /** After a suite: what failing files printed. */
  end() {
    for (const { name, failed, output } of this.#files.values()) {
      if (failed && output !== '') this.#print(`  printed by ${name}:\n${indent(output.trimEnd(), 4)}`);
    }
  }

  /** The last lines of the run: failures by name, then the counters. */
  summarize() {
    this.#print('');
    for (const failure of this.#failures) this.#print(`failed: ${failure}`);
    for (const name of COUNTERS) this.#print(`# ${name} ${Math.round(this.#totals[name])}`);
  }

  #onPass(data) {
    if (data.skip !== undefined)
      this.#print(`  skipped: ${this.#fileOf(data).name}: ${data.name}${reasonOf(data.skip)}`);
  }

  #onFail(data) {
    const file = this.#fileOf(data);
    file.failed = true;
    const { error } = data.details;
    // The failing part has been told; that its suite fails with it is no news.
    if (error?.failureType === 'subtestsFailed') return;
    const title = isFile(data) ? 'the file itself' : data.name;
    this.#failures.push(`${file.name}: ${title}`);
    this.#print(`  FAILED ${file.name}:${data.line ?? 0}: ${title}\n${indent(inspect(error?.cause ?? error), 4)}`);
  }

  #onFileEnd(data) {
    const { duration_ms: durationMs, error } = data.details;
    const verdict = error === undefined || error === null ? 'ok' : 'not ok';
    this.#print(`  ${verdict} ${this.#fileOf(data).name} (${(durationMs / 1000).toFixed(1)} s)`);
  }

  #onDiagnostic({ nesting, message, file }) {
    const counter = /^(\w+) ([\d.]+)$/.exec(message);
    // Those of a single file carry its path; the runner's own do not.
    if (nesting !== 0 || file !== undefined || counter === null) return;
    const [, name, value] = counter;
    if (name in this.#totals) this.#totals[name] += Number(value);
  }

  #fileOf({ file }) {
    const path = file ?? '';
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const created = { name: relative(process.cwd(), path), output: '', failed: false };
    this.#files.set(path, created);
    return created;
  }
}

/** The runner reports a whole file as a test of the file's name. */
function isFile({ nesting, name, file }) {
  return nesting === 0 && file !== undefined && resolve(name) === file;
}

function reasonOf(skip) {
  return typeof skip === 'string' && skip !== '' ? ` (${skip})` : '';
}

function indent(text, width) {
  return text.replace(/^/gm, ' '.repeat(width));
}
