/** Names that tasks get when they are not given one (APP-03, APP-18). */
import { basename, dirname, extname, join, relative } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../kernel/errors.js';

/**
 * `<module>.<function>`, the module by its path from its package with `/` → `.`; the app's name stands for the module
 * that is the program itself, and where the module is not known.
 * @throws ConfigError for a function without a name.
 */
export function automaticTaskName(
  name: string,
  { main, module }: { readonly main: string; readonly module: string | null },
): string {
  if (name === '') throw new ConfigError('a task needs a name: app.task("shop.add", …), or a function with a name');
  return `${moduleName(main, module)}.${name}`;
}

function moduleName(main: string, module: string | null): string {
  if (module?.startsWith('file://') !== true) return main;
  const path = fileURLToPath(module);
  const [, program] = process.argv;
  if (program !== undefined && withoutExtension(program) === withoutExtension(path)) return main;
  return withoutExtension(relative(packageFolder(dirname(path)), path))
    .split(/[\\/]/)
    .join('.');
}

function packageFolder(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? folder : packageFolder(parent);
}

function withoutExtension(path: string): string {
  return join(dirname(path), basename(path, extname(path)));
}
