/**
 * Compiles one source file to JavaScript with tsc's own emitter and no type check, as `isolatedModules` allows. A
 * program of one file instead of `transpileModule`, because that takes the module format from a package.json that it
 * cannot see. Part of the compiler, which is loaded on a cache miss only.
 */
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { ConfigError, InvariantError } from '../kernel/errors.js';
import { type AskType, dropTypes } from './drop-types.js';
import { type RewriteOptions, rewriteEmitted } from './rewrite-emitted.js';
import { findTopLevelAwait, parseSource, type SourceFile } from './source-file.js';

export interface EmittedSource {
  readonly code: string;
  /** Source map as JSON; null for generated code without one. */
  readonly map: string | null;
}

export interface CompileOptions extends RewriteOptions {
  readonly isType: AskType;
}

/** @throws ConfigError with file, line and column of the first syntax error. */
export function compileSource(options: CompileOptions): EmittedSource {
  const { source } = options;
  const parsed = parseSource(source.path, source.text, source.format);
  const program = ts.createProgram([source.path], source.project.emit, hostOf(parsed));
  const [diagnostic] = program.getSyntacticDiagnostics(parsed);
  if (diagnostic !== undefined) {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    throw new ConfigError(`${formatPosition(source, diagnostic.start)}: ${text}`);
  }
  const mayHoldTypes = source.format === 'module' && source.project.emit['verbatimModuleSyntax'] !== true;
  const rewrite = rewriteEmitted(options);
  const after = mayHoldTypes ? [dropTypes(options.isType), rewrite] : [rewrite];
  refuseTopLevelAwait(source, parsed);
  const written = new Map<string, string>();
  const write: ts.WriteFileCallback = (name, text) => written.set(name.endsWith('.map') ? 'map' : 'code', text);
  program.emit(undefined, write, undefined, false, { after });
  const [code, map] = [written.get('code'), written.get('map')];
  if (code === undefined || map === undefined)
    throw new InvariantError(`the compiler emitted nothing for ${source.path}`);
  return { code: withoutMapComment(code), map: withSourceUrl(map, source.path) };
}

/** tsc emits it, and Node says no more than that the emitted file is wrong. */
function refuseTopLevelAwait(source: SourceFile, parsed: ts.SourceFile): void {
  const awaited = source.format === 'commonjs' ? findTopLevelAwait(parsed) : null;
  if (awaited === null) return;
  throw new ConfigError(
    `${formatPosition(source, awaited.getStart())}: top-level await needs an ES module; ` +
      `set "type": "module" in package.json, or name the file .mts`,
  );
}

/** `path:line:column`, counted from 1 as editors do. */
export function formatPosition(source: { readonly path: string; readonly text: string }, position: number): string {
  const before = source.text.slice(0, position).split('\n');
  return `${source.path}:${String(before.length)}:${String((before.at(-1)?.length ?? 0) + 1)}`;
}

/** Default, and each name that is an identifier, so that `import { version } from './package.json'` works as well. */
export function compileJson(source: SourceFile): EmittedSource {
  let value: unknown;
  try {
    value = JSON.parse(source.text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new ConfigError(`${source.path}: ${(cause as Error).message}`, { cause });
  }
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  const names = Object.keys(isRecord ? (value as object) : {}).filter(isBindingName);
  const lines = [
    `const json = JSON.parse(${JSON.stringify(JSON.stringify(value))});`,
    'export default json;',
    ...names.map(
      (name, at) => `const _${String(at)} = json[${JSON.stringify(name)}]; export { _${String(at)} as ${name} };`,
    ),
  ];
  return { code: `${lines.join('\n')}\n`, map: null };
}

function isBindingName(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default';
}

function hostOf(parsed: ts.SourceFile): ts.CompilerHost {
  return {
    getSourceFile: (name) => (name === parsed.fileName ? parsed : undefined),
    writeFile: () => undefined,
    getDefaultLibFileName: () => 'lib.d.ts',
    useCaseSensitiveFileNames: () => true,
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => '',
    getNewLine: () => '\n',
    fileExists: (name) => name === parsed.fileName,
    readFile: () => '',
    directoryExists: () => true,
    getDirectories: () => [],
  };
}

function withoutMapComment(code: string): string {
  return code.replace(/\/\/# sourceMappingURL=[^\n]*\n?$/, '');
}

function withSourceUrl(map: string, path: string): string {
  const parsed = JSON.parse(map) as Readonly<Record<string, unknown>>;
  return JSON.stringify({ ...parsed, sourceRoot: '', sources: [pathToFileURL(path).href] });
}
