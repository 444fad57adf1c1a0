/**
 * Runs the test suites: all of them, or those named on the command line. One suite after another, each file in its own
 * process; what passes is one line a file, what fails is told in full, and the end is the runner's own summary over all
 * suites. Exit code 0 only if none failed and each list of files held tests.
 *
 *     node scripts/run-tests.mjs [unit] [contract] [protocol] [stress] [integration] [e2e] [docs]
 */
import { relative } from 'node:path';
import { run } from 'node:test';
import { TestReport } from './test-report.mjs';
import { filesOf, projectRoot, suiteNamed, suites } from './test-files.mjs';

async function runSuite(suite, report) {
  const files = filesOf(suite);
  if (files.length === 0) {
    console.log(`\n${suite.name}: no files`);
    return;
  }
  console.log(`\n${suite.name}: ${files.length} files`);
  report.begin(files.map((path) => ({ path, name: relative(projectRoot, path).replace(/^dist\/test\//, '') })));
  const startedMs = performance.now();
  const stream = run({ files, concurrency: suite.concurrency, timeout: suite.fileTimeoutMs });
  for await (const event of stream) report.take(event);
  report.end();
  console.log(`${suite.name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

const named = process.argv.slice(2);
const report = new TestReport((line) => console.log(line));
for (const name of named.length > 0 ? named : Object.keys(suites)) await runSuite(suiteNamed(name), report);
report.summarize();
process.exitCode = report.isGood ? 0 : 1;
