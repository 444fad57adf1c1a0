/**
 * The benchmarks' command line: `npm run bench -- NAME… [--quick] [--samples N] [--json FILE]`. `list` names the cases,
 * `all` runs them one after another, a folder's name those in it (`pools`), whose ratios make a table at the end. The
 * report goes to stdout, progress to stderr. Exit code 1 when a sum is wrong or a case fails; a missed goal is told, and
 * no failure, since it depends on the machine. For a figure to publish run one case a process: what ran before is in the
 * heap and in the optimizer's mind.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigError } from '../core/kernel/errors.js';
import { listCaseNames, loadCase, selectCases } from './harness/case-folder.js';
import { readEnvironment } from './harness/environment.js';
import { describeEnvironment, type BenchReport, type CaseReport } from './harness/report.js';
import { describeRankings } from './harness/ranking-table.js';
import { createPlan, runCase, type BenchOutput, type BenchPlan } from './harness/run-case.js';

const USAGE =
  'usage: npm run bench -- NAME… [--quick] [--samples N] [--json FILE]; NAME is a case, a group, `all` or `list`';

const output: BenchOutput = {
  answer: (line) => {
    console.log(line);
  },
  progress: (line) => {
    console.error(line);
  },
};

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, samples: { type: 'string' }, json: { type: 'string' } },
  });
  if (positionals.length === 0) throw new ConfigError(USAGE);
  if (positionals.includes('list')) await printNames();
  else await runCases(positionals, createPlan(values.quick, readCount(values.samples)), values.json ?? null);
}

/** @throws ConfigError unless it is a whole number from 1. */
function readCount(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d*$/.test(text)) throw new ConfigError(`--samples ${text} is not a whole number from 1`);
  return Number(text);
}

async function printNames(): Promise<void> {
  for (const name of listCaseNames()) output.answer(`${name.padEnd(22)} ${(await loadCase(name)).question}`);
}

async function runCases(names: readonly string[], plan: BenchPlan, jsonFile: string | null): Promise<void> {
  const selected = await Promise.all([...new Set(names.flatMap(selectCases))].map(loadCase));
  const environment = readEnvironment(plan, new Date());
  output.answer(describeEnvironment(environment));
  const cases: CaseReport[] = [];
  for (const benchCase of selected) cases.push(await runCase(benchCase, plan, output));
  const table = describeRankings(cases);
  if (table !== null) output.answer(`\n${table}`);
  const report: BenchReport = { environment, cases };
  if (jsonFile !== null) writeFileSync(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
}

main(process.argv.slice(2)).then(
  // Threads of a peer that hangs, or of a case that failed, shall not keep the process.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exit(1);
  },
);
