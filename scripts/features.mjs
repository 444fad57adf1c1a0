/**
 * `npm run features`: runs the tests of the feature rows and prints row by row which have a passing one. The last line is
 * `features: P of T rows tested, E exceptions, D declared`. Exit code 1 when a test fails, when rows, tests and
 * docs/differences.md disagree, or when less than 95% of the rows are tested.
 *
 *     node scripts/features.mjs [folder of the project]
 */
import { resolve } from 'node:path';
import { FeatureReport } from './feature-report.mjs';
import { runSuite } from './run-suite.mjs';
import { TestReport } from './test-report.mjs';
import { projectRoot, suiteNamed } from './test-files.mjs';

const root = resolve(process.argv[2] ?? projectRoot);
const report = new TestReport((line) => console.log(line));
const features = new FeatureReport(root);
await runSuite(suiteNamed('features'), report, { root, listener: features });
report.summarize();
const { lines, problems, summary } = features.judge();
console.log(`\n${lines.join('\n')}\n`);
for (const problem of problems) console.log(`PROBLEM: ${problem}`);
console.log(summary);
process.exitCode = report.isGood && problems.length === 0 ? 0 : 1;
