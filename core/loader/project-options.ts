/**
 * What the project says about a source file: the compiler options of its nearest tsconfig.json (with `extends`), its
 * `paths`, and whether it is an ES module or CommonJS. Part of the compiler, which is loaded on a cache miss only; all
 * reading goes through the witness.
 */
import { dirname, extname, join, resolve } from 'node:path';
import ts from 'typescript';
import { ConfigError } from '../kernel/errors.js';
import type { FileWitness } from './file-witness.js';

export type ModuleFormat = 'module' | 'commonjs';

/** `paths` and `baseUrl` of a tsconfig.json. */
export interface PathMapping {
  /** Folder that the targets of `paths` are relative to. */
  readonly base: string;
  /** Pattern → targets. */
  readonly patterns: Readonly<Record<string, readonly string[]>>;
  /** Folder in which a bare specifier is looked up first; null when `baseUrl` is not set. */
  readonly baseUrl: string | null;
}

export interface ProjectOptions {
  /** Options that shape the emitted code, the same for every file of the project. */
  readonly emit: ts.CompilerOptions;
  /** `module` as the user wrote it. */
  readonly module: ts.ModuleKind | null;
  readonly mapping: PathMapping;
}

/** Options of the user that change what the code does; all others are ours to choose. */
const KEPT_OPTIONS = [
  'jsxFactory',
  'jsxFragmentFactory',
  'jsxImportSource',
  'experimentalDecorators',
  'emitDecoratorMetadata',
  'verbatimModuleSyntax',
  'alwaysStrict',
] as const;

/** Errors of a tsconfig.json that make it unusable: file not found, cannot be read, circular `extends`. */
const FATAL_CONFIG_ERRORS: ReadonlySet<number> = new Set([6053, 5083, 18000]);

export class ProjectReader {
  readonly #witness: FileWitness;
  readonly #byConfig = new Map<string, ProjectOptions>();
  readonly #configOfFolder = new Map<string, string>();

  constructor(witness: FileWitness) {
    this.#witness = witness;
  }

  /** @throws ConfigError when the tsconfig.json cannot be read. */
  optionsOf(sourcePath: string): ProjectOptions {
    const folder = dirname(sourcePath);
    const known = this.#configOfFolder.get(folder);
    const configPath = known ?? this.#findUpwards(folder, 'tsconfig.json') ?? '';
    this.#configOfFolder.set(folder, configPath);
    const key = configPath === '' ? folder : configPath;
    let options = this.#byConfig.get(key);
    if (options === undefined) {
      options = this.#readProject(configPath, configPath === '' ? folder : dirname(configPath));
      this.#byConfig.set(key, options);
    }
    return options;
  }

  /** How Node would run the file once it is built: by extension, package type, tsconfig `module`, then its syntax. */
  formatOf(sourcePath: string, hasModuleSyntax: () => boolean): ModuleFormat {
    const extension = extname(sourcePath);
    if (extension === '.mts') return 'module';
    if (extension === '.cts') return 'commonjs';
    const type = this.#packageTypeOf(sourcePath);
    if (type !== null) return type;
    const module = this.optionsOf(sourcePath).module;
    if (module === null || isEsKind(module)) return hasModuleSyntax() ? 'module' : 'commonjs';
    return 'commonjs';
  }

  #packageTypeOf(sourcePath: string): ModuleFormat | null {
    const packagePath = this.#findUpwards(dirname(sourcePath), 'package.json');
    if (packagePath === null) return null;
    const type = readField(this.#witness.readText(packagePath), 'type');
    return type === 'module' || type === 'commonjs' ? type : null;
  }

  #findUpwards(from: string, name: string): string | null {
    for (let folder = from; ; folder = dirname(folder)) {
      const path = join(folder, name);
      if (this.#witness.isFile(path)) return path;
      if (folder === dirname(folder)) return null;
    }
  }

  #readProject(configPath: string, folder: string): ProjectOptions {
    const written = configPath === '' ? {} : this.#parseConfig(configPath);
    const defaultsAreModern = this.#compilerMajor(folder) >= 6;
    const paths = written.paths ?? {};
    const pathsBase = written['pathsBasePath'];
    return {
      emit: emitOptions(written, defaultsAreModern),
      module: written.module ?? null,
      mapping: {
        base: written.baseUrl ?? (typeof pathsBase === 'string' ? pathsBase : ''),
        patterns: paths,
        baseUrl: written.baseUrl ?? null,
      },
    };
  }

  #parseConfig(configPath: string): ts.CompilerOptions {
    const witness = this.#witness;
    const read = (path: string): string | undefined => witness.readText(resolve(path)) ?? undefined;
    const file = ts.readConfigFile(configPath, read);
    const host: ts.ParseConfigHost = {
      useCaseSensitiveFileNames: ts.sys.useCaseSensitiveFileNames,
      fileExists: (path) => witness.isFile(resolve(path)),
      readFile: read,
      // The files of the project are not asked for: the graph is found from the entry.
      readDirectory: () => [],
    };
    const parsed = ts.parseJsonConfigFileContent(file.config ?? {}, host, dirname(configPath), undefined, configPath);
    const fatal = file.error ?? parsed.errors.find((one) => FATAL_CONFIG_ERRORS.has(one.code));
    if (fatal !== undefined) {
      throw new ConfigError(`${configPath}: ${ts.flattenDiagnosticMessageText(fatal.messageText, '\n')}`);
    }
    return parsed.options;
  }

  /** Major version of the project's own compiler: defaults of options changed with 6. */
  #compilerMajor(folder: string): number {
    const path = this.#findUpwards(folder, join('node_modules', 'typescript', 'package.json'));
    const version = path === null ? ts.version : readField(this.#witness.readText(path), 'version');
    return Number.parseInt(version ?? ts.version, 10);
  }
}

function emitOptions(written: ts.CompilerOptions, defaultsAreModern: boolean): ts.CompilerOptions {
  const kept = Object.fromEntries(KEPT_OPTIONS.filter((name) => name in written).map((name) => [name, written[name]]));
  const usesNodeKind = written.module !== undefined && isNodeKind(written.module);
  return {
    ...kept,
    module: written.module === ts.ModuleKind.CommonJS ? ts.ModuleKind.CommonJS : ts.ModuleKind.NodeNext,
    // Lower targets of the user only cost speed; `using` and standard decorators are still lowered for Node 20.
    target: ts.ScriptTarget.ES2023,
    jsx: jsxKind(written),
    esModuleInterop: written.esModuleInterop ?? (defaultsAreModern || usesNodeKind),
    useDefineForClassFields: written.useDefineForClassFields ?? definesFields(written.target, defaultsAreModern),
    isolatedModules: true,
    sourceMap: true,
    noLib: true,
    noResolve: true,
    types: [],
    allowNonTsExtensions: true,
    suppressOutputPathCheck: true,
  };
}

/** The default of `useDefineForClassFields` hangs on the target that the user wrote, not on ours. */
function definesFields(target: ts.ScriptTarget | undefined, defaultsAreModern: boolean): boolean {
  return target === undefined ? defaultsAreModern : target >= ts.ScriptTarget.ES2022;
}

/** `preserve` leaves JSX to a bundler; those all use the automatic runtime unless a factory is named. */
function jsxKind(written: ts.CompilerOptions): ts.JsxEmit {
  const jsx = written.jsx ?? ts.JsxEmit.Preserve;
  if (jsx !== ts.JsxEmit.Preserve && jsx !== ts.JsxEmit.ReactNative) return jsx;
  return written.jsxFactory === undefined ? ts.JsxEmit.ReactJSX : ts.JsxEmit.React;
}

function isEsKind(module: ts.ModuleKind): boolean {
  return (module >= ts.ModuleKind.ES2015 && module <= ts.ModuleKind.ESNext) || module === ts.ModuleKind.Preserve;
}

function isNodeKind(module: ts.ModuleKind): boolean {
  return module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
}

/** A string field of a package.json; null when it is missing or the file is not JSON. */
function readField(text: string | null, name: string): string | null {
  try {
    const value = (JSON.parse(text ?? '{}') as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
