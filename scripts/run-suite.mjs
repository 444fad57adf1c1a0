/**
 * Runs one suite of test-files.mjs: each file in its own process, every event to the report and to whoever else listens.
 * Used by run-tests.mjs and features.mjs.
 */
import { relative } from 'node:path';
import { run } from 'node:test';
import { filesOf, projectRoot } from './test-files.mjs';

/** `listener`, if given, has a `take(event)` as the report has. */
export async function runSuite(suite, report, { root = projectRoot, listener = null } = {}) {
  const files = filesOf(suite, root);
  if (files.length === 0) {
    console.log(`\n${suite.name}: no files`);
    return;
  }
  console.log(`\n${suite.name}: ${files.length} files`);
  report.begin(files.map((path) => ({ path, name: relative(root, path).replace(/^dist\/test\//, '') })));
  const startedMs = performance.now();
  const stream = run({ files, concurrency: suite.concurrency, timeout: suite.fileTimeoutMs });
  for await (const event of stream) {
    report.take(event);
    listener?.take(event);
  }
  report.end();
  console.log(`${suite.name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}
