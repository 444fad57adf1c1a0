/**
 * Names of compiled modules: `<name of the source>.<digest>.<extension>`, where the digest stands for the module's code
 * and all that it reaches. The first part is for those who look at profiles.
 */
import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';

const COMPILED_MODULE = /[\\/]modules[\\/][\w-]+\.[0-9a-f]{32}(\.json)?\.[cm]js$/;

/** Whether a path or URL is that of a compiled module. */
export function isCompiledModule(location: string): boolean {
  return COMPILED_MODULE.test(location);
}

export function moduleName(sourcePath: string, format: 'module' | 'commonjs', digestOrStandIn: string): string {
  const stem = basename(sourcePath, extname(sourcePath)).replaceAll(/[^\w-]/g, '_');
  const json = extname(sourcePath) === '.json' ? '.json' : '';
  return `${stem}.${digestOrStandIn}${json}${format === 'module' ? '.mjs' : '.cjs'}`;
}

/** Holds the place of a digest until it is known: as long as one, and found in no honest source. */
export function standInFor(sourcePath: string): string {
  return digestOf(`stand-in of ${sourcePath}`);
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
