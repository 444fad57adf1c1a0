/**
 * The cases are the files of bench/cases: a new case is a new file and no other line. A folder there is a group, which
 * is asked for by its name.
 */
import { readdirSync } from 'node:fs';
import { ConfigError } from '../../core/kernel/errors.js';
import type { PoolWorkload } from '../pools/pool-workload.js';
import type { BenchCase } from './bench-case.js';

const casesFolder = new URL('../cases/', import.meta.url);

interface CaseModule {
  readonly benchCase?: BenchCase;
  readonly workload?: PoolWorkload;
}

/** Case → its file, relative to bench/cases. */
function listCaseFiles(): ReadonlyMap<string, string> {
  const files = readdirSync(casesFolder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  return new Map(files.sort().map((file) => [file.replace(/^.*[\\/]/, '').slice(0, -'.js'.length), file]));
}

export function listCaseNames(): readonly string[] {
  return [...listCaseFiles().keys()];
}

/** The cases that a word of the command line means: a case, a group, or `all`. @throws ConfigError for no case. */
export function selectCases(word: string): readonly string[] {
  const files = listCaseFiles();
  if (word === 'all') return [...files.keys()];
  if (files.has(word)) return [word];
  const group = [...files].filter(([, file]) => file.split(/[\\/]/)[0] === word).map(([name]) => name);
  if (group.length > 0) return group;
  const groups = new Set(
    [...files.values()].filter((file) => /[\\/]/.test(file)).map((file) => file.split(/[\\/]/)[0]),
  );
  throw new ConfigError(
    `no case "${word}"; there are ${[...files.keys()].join(', ')}; groups: ${[...groups].join(', ')}`,
  );
}

/** @throws ConfigError for a name without a case. */
export async function loadCase(name: string): Promise<BenchCase> {
  const { benchCase } = await importCase(name);
  if (benchCase?.name !== name) {
    throw new ConfigError(`the case file ${name}.ts must export benchCase with the name "${name}"`);
  }
  return benchCase;
}

/** @throws ConfigError for a case that compares no pools. */
export async function loadPoolWorkload(name: string): Promise<PoolWorkload> {
  const { workload } = await importCase(name);
  if (workload === undefined) throw new ConfigError(`the case file ${name}.ts must export its workload`);
  return workload;
}

async function importCase(name: string): Promise<CaseModule> {
  const file = listCaseFiles().get(name);
  if (file === undefined) throw new ConfigError(`no case "${name}"`);
  return (await import(new URL(file.replaceAll('\\', '/'), casesFolder).href)) as CaseModule;
}
