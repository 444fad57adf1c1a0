/**
 * Checks the Spin models of test/models: each line `RUN holds|fails deadlock|assert|ltl NAME [-D…]` in a model's head is
 * one check. A variant with a planted bug must fail: a model that cannot see the bug proves nothing. Needs Spin (Debian
 * package `spin`) and a C compiler; where they cannot be had the stage says so and passes, unless CELERIAC_MODELS=required.
 *
 *     node scripts/run-models.mjs [model …]
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './test-files.mjs';

const run = promisify(execFile);
const folder = join(projectRoot, 'test', 'models');
const RUN = /^ \* RUN (holds|fails) (deadlock|assert|ltl (\w+))((?: -D\S+)*)\s*(?:# (.*))?$/;
/** More than any model needs; a search that was cut off is a failure. */
const MAX_DEPTH = 2_000_000;
const TIMEOUT_MS = 120_000;

function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Tries the package manager once: CI machines are fresh. Answers why there is no Spin, or null. */
function missingTools() {
  if (!has('gcc')) return 'there is no C compiler (gcc)';
  if (has('spin')) return null;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) return 'Spin is not installed (Debian: apt-get install spin) and this user may not install it';
  const install = () => spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'spin'], { stdio: 'ignore' });
  if (install().status !== 0) {
    spawnSync('apt-get', ['update'], { stdio: 'ignore' });
    install();
  }
  return has('spin') ? null : 'apt-get install spin failed';
}

function checksOf(model) {
  const lines = readFileSync(join(folder, model), 'utf8').split('\n');
  const checks = lines.flatMap((line) => {
    const match = RUN.exec(line);
    if (match === null) return [];
    const [, verdict, kind, ltl, defines, planted] = match;
    return [{ model, verdict, kind, ltl, defines: defines.split(' ').filter(Boolean), planted: planted?.trim() ?? '' }];
  });
  const meant = lines.filter((line) => line.includes('* RUN ')).length;
  if (checks.length !== meant || meant === 0) throw new Error(`${model}: a RUN line is not understood`);
  return checks;
}

/** Arguments of the C compiler and of the search, for one kind of property. */
function searchOptions({ kind, ltl, model }) {
  const source = readFileSync(join(folder, model), 'utf8');
  // A `provided` clause and partial order reduction exclude each other.
  const compile = ['-O1', '-w', '-DVECTORSZ=2048', ...(/\bprovided\b/.test(source) ? ['-DNOREDUCE'] : [])];
  const search = [`-m${MAX_DEPTH}`, '-n'];
  if (ltl !== undefined) return { compile: [...compile, '-DNFAIR=4'], search: [...search, '-a', '-f', '-N', ltl] };
  // Without `-E` a state in which nobody can go on is an error, unless it is marked as an end.
  return { compile: [...compile, '-DSAFETY', '-DNOCLAIM'], search: kind === 'assert' ? [...search, '-E'] : search };
}

async function check(one) {
  const scratch = mkdtempSync(join(tmpdir(), 'celeriac-model-'));
  const startedMs = performance.now();
  try {
    const { compile, search } = searchOptions(one);
    const options = { cwd: scratch, timeout: TIMEOUT_MS, maxBuffer: 2 ** 26 };
    await run('spin', [...one.defines, '-a', join(folder, one.model)], options);
    await run('gcc', [...compile, '-o', 'pan', 'pan.c'], options);
    const { stdout } = await run(join(scratch, 'pan'), search, options);
    return { ...one, ...readVerdict(stdout), seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readVerdict(text) {
  const errors = /errors: (\d+)/.exec(text);
  const states = /^\s*([\d.e+]+) states, stored/m.exec(text);
  const reason = /^pan:\d+: (.*?)(?: \(at depth \d+\))?$/m.exec(text)?.[1] ?? '';
  if (errors === null || states === null) throw new Error(`the search said nothing:\n${text}`);
  if (text.includes('max search depth too small')) throw new Error('the search was cut off: it proves nothing');
  return { isSound: errors[1] === '0', states: Number(states[1]), reason };
}

function tell(result) {
  const { model, kind, defines, planted, isSound, states, reason, seconds, isRight } = result;
  const name = [basename(model, '.pml'), kind, ...defines].join(' ');
  const verdict = isSound ? `holds in ${String(states)} states` : `fails: ${reason}`;
  const note = planted === '' ? '' : `  [planted: ${planted}]`;
  console.log(`  ${isRight ? 'ok ' : 'BAD'} ${name.padEnd(62)} ${verdict}${note}  ${seconds.toFixed(1)} s`);
}

async function main() {
  const missing = missingTools();
  if (missing !== null) {
    console.log(`models: SKIPPED, ${missing}`);
    return process.env['CELERIAC_MODELS'] === 'required' ? 1 : 0;
  }
  const named = process.argv.slice(2);
  const models = readdirSync(folder)
    .filter((name) => name.endsWith('.pml'))
    .sort();
  const wanted = models.filter((name) => named.length === 0 || named.includes(basename(name, '.pml')));
  if (wanted.length === 0) throw new Error(`no model "${named.join(' ')}"; there are ${models.join(', ')}`);
  const queue = wanted.flatMap(checksOf);
  const results = [];
  const startedMs = performance.now();
  const work = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const result = await check(one);
      result.isRight = result.isSound === (one.verdict === 'holds');
      results.push(result);
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  const bad = results.filter(({ isRight }) => !isRight).length;
  const planted = results.filter(({ verdict }) => verdict === 'fails').length;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `models: ${wanted.length} models, ${results.length - planted} properties hold, ${planted} planted bugs are caught, ` +
      `${bad} wrong, ${seconds} s`,
  );
  return bad === 0 ? 0 : 1;
}

process.exitCode = await main();
