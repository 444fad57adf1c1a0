/**
 * One file of a module graph before it is compiled: text, format and the options of its project, read once a
 * compilation. Part of the compiler, which is loaded on a cache miss only.
 */
import ts from 'typescript';
import { ConfigError } from '../kernel/errors.js';
import type { FileWitness } from './file-witness.js';
import { type ModuleFormat, type ProjectOptions, ProjectReader } from './project-options.js';
import { isJson, isTypeScript } from './source-kind.js';

export interface SourceFile {
  /** Real path. */
  readonly path: string;
  readonly text: string;
  readonly format: ModuleFormat;
  readonly project: ProjectOptions;
}

export class SourceReader {
  readonly #witness: FileWitness;
  readonly #projects: ProjectReader;
  readonly #files = new Map<string, SourceFile>();

  constructor(witness: FileWitness) {
    this.#witness = witness;
    this.#projects = new ProjectReader(witness);
  }

  /** @throws ConfigError when the file or its tsconfig.json cannot be read. */
  read(path: string): SourceFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const text = this.#witness.readText(path);
    if (text === null) throw new ConfigError(`${path} cannot be read`);
    const project = this.#projects.optionsOf(path);
    const format = isTypeScript(path)
      ? this.#projects.formatOf(path, () => hasModuleSyntax(parseSource(path, text, undefined)))
      : 'module';
    const file: SourceFile = { path, text, format, project };
    this.#files.set(path, file);
    return file;
  }

  /** Whether a file is compiled into the cache; all others are loaded from where they are. */
  isCompiled(path: string, mode: 'import' | 'require'): boolean {
    // `require` reads JSON by itself; `import` would want an attribute and warn.
    return isTypeScript(path) || (mode === 'import' && isJson(path));
  }
}

export function parseSource(path: string, text: string, format: ModuleFormat | undefined): ts.SourceFile {
  const impliedNodeFormat = format === 'module' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
  return ts.createSourceFile(path, text, { languageVersion: ts.ScriptTarget.ESNext, impliedNodeFormat }, true);
}

/** The first `await` outside of every function; null when there is none. */
export function findTopLevelAwait(node: ts.Node): ts.Node | null {
  if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return null;
  const isAwait =
    ts.isAwaitExpression(node) ||
    (ts.isForOfStatement(node) && node.awaitModifier !== undefined) ||
    (ts.isVariableDeclarationList(node) && (~node.flags & ts.NodeFlags.AwaitUsing) === 0);
  return isAwait ? node : (ts.forEachChild(node, (child) => findTopLevelAwait(child) ?? undefined) ?? null);
}

/** Whether Node would find that a file without a package type is an ES module. */
function hasModuleSyntax(parsed: ts.SourceFile): boolean {
  const isCommonJs = parsed.statements.some(
    (one) =>
      (ts.isExportAssignment(one) && one.isExportEquals === true) ||
      (ts.isImportEqualsDeclaration(one) && ts.isExternalModuleReference(one.moduleReference)),
  );
  return !isCommonJs && (ts.isExternalModule(parsed) || findTopLevelAwait(parsed) !== null);
}
