/** Where and how a figure was taken; printed above each report and kept in its JSON, since a figure alone says nothing. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { projectRoot } from '../../test/support/project.js';

export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Short hash, with `+` when files differ from it; null outside of a repository. */
  readonly commit: string | null;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Runnable processes over the last minute, before the run: above 0.5 the figures are noisy. */
  readonly load: number;
  readonly isQuick: boolean;
  readonly sampleCount: number;
  readonly warmupCount: number;
  readonly execArguments: readonly string[];
}

export function readEnvironment(
  plan: Pick<Environment, 'isQuick' | 'sampleCount' | 'warmupCount'>,
  date: Date,
): Environment {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
    commit: readCommit(),
    date: date.toISOString(),
    load: loadavg()[0] ?? 0,
    isQuick: plan.isQuick,
    sampleCount: plan.sampleCount,
    warmupCount: plan.warmupCount,
    execArguments: process.execArgv,
  };
}

function readCommit(): string | null {
  try {
    const hash = git('rev-parse', '--short', 'HEAD');
    return git('status', '--porcelain', '--untracked-files=no') === '' ? hash : `${hash}+`;
  } catch {
    return null;
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
