/** The cases are the files of bench/cases: a new case is a new file and no other line. */
import { readdirSync } from 'node:fs';
import { ConfigError } from '../../core/kernel/errors.js';
import type { BenchCase } from './bench-case.js';

const casesFolder = new URL('../cases/', import.meta.url);

export function listCaseNames(): readonly string[] {
  return readdirSync(casesFolder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -'.js'.length))
    .sort();
}

/** @throws ConfigError for a name without a case, with the names that there are. */
export async function loadCase(name: string): Promise<BenchCase> {
  const names = listCaseNames();
  if (!names.includes(name)) throw new ConfigError(`no case "${name}"; there are ${names.join(', ')}`);
  const module = (await import(new URL(`${name}.js`, casesFolder).href)) as { readonly benchCase?: BenchCase };
  if (module.benchCase?.name !== name) {
    throw new ConfigError(`bench/cases/${name}.ts must export benchCase with the name "${name}"`);
  }
  return module.benchCase;
}
