/**
 * What file names mean to the loader: which are TypeScript, and which files on disk a specifier or a typed path may
 * stand for. Pure functions over strings, used on the host by the compiler, by `-A`, and in members by source-binding.
 */
import { extname } from 'node:path';

/** TypeScript extension → the extension that tsc gives its output. */
const BUILT_EXTENSION: Readonly<Record<string, string>> = {
  '.ts': '.js',
  '.tsx': '.js',
  '.mts': '.mjs',
  '.cts': '.cjs',
};

/** Extension written in a specifier → TypeScript extensions that it may mean, as tsc reads it. */
const SOURCE_EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/** Tried in this order where a name has no extension. */
const IMPLIED_EXTENSIONS: readonly string[] = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'];

/** True for source that must be compiled; declaration files are not source. */
export function isTypeScript(path: string): boolean {
  return extname(path) in BUILT_EXTENSION && !isDeclaration(path);
}

export function isJson(path: string): boolean {
  return extname(path) === '.json';
}

/**
 * Files that a path without its exact file name may mean, best first: TypeScript source before what is built from it,
 * the built file where only that is there, then implied extensions, then the folder's `index` or another of `stems`.
 */
export function sourceCandidates(path: string, stems: readonly string[] = ['index']): readonly string[] {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  const asWritten = (SOURCE_EXTENSIONS[extension] ?? []).map((source) => stem + source);
  const built = BUILT_EXTENSION[extension];
  const inFolder = stems.flatMap((name) => IMPLIED_EXTENSIONS.map((implied) => `${path}/${name}${implied}`));
  const all = [
    ...asWritten,
    path,
    ...(built === undefined ? [] : [stem + built]),
    ...IMPLIED_EXTENSIONS.map((implied) => path + implied),
    ...inFolder,
  ];
  return all.filter((candidate) => !isDeclaration(candidate));
}

function isDeclaration(path: string): boolean {
  return /\.d\.[cm]?ts$/.test(path);
}
