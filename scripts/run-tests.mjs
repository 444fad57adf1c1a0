/**
 * Runs the test suites: all of them, or those named on the command line. One suite after another, each file in its own
 * process; what passes is one line a file, what fails is told in full, and the end is the runner's own summary over all
 * suites. Exit code 0 only if none failed, each list of files held tests, and the feature rows agree with their tests.
 *
 *     node scripts/run-tests.mjs [unit] [contract] [protocol] [features] [stress] [chaos] [integration] [e2e] [docs]
 */
import { FeatureReport } from './feature-report.mjs';
import { runSuite } from './run-suite.mjs';
import { withServices } from './services/for-suite.mjs';
import { TestReport } from './test-report.mjs';
import { projectRoot, suiteNamed, suites } from './test-files.mjs';

/** The rows themselves are printed by features.mjs; here stands what is wrong with them, and the sum. */
async function runFeatures(suite, report) {
  const features = new FeatureReport(projectRoot);
  await runSuite(suite, report, { listener: features });
  const { problems, summary } = features.judge();
  for (const problem of problems) console.log(`  FEATURE ROWS: ${problem}`);
  console.log(summary);
  return problems.length === 0;
}

const named = process.argv.slice(2);
const report = new TestReport((line) => console.log(line));
let isConsistent = true;
for (const name of named.length > 0 ? named : Object.keys(suites)) {
  const suite = suiteNamed(name);
  if (name === 'features') isConsistent = await runFeatures(suite, report);
  else await withServices(suite.services ?? [], () => runSuite(suite, report));
}
report.summarize();
process.exitCode = report.isGood && isConsistent ? 0 : 1;
