/** Where things are, whatever folder the compiled tests run from. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The project's root folder. */
export const projectRoot: string = findRoot();

/** Root of the compiled output that this test belongs to. */
export const distRoot: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Absolute path of a file in test/fixtures. */
export function fixture(...parts: readonly string[]): string {
  return join(projectRoot, 'test', 'fixtures', ...parts);
}
