/**
 * Makes emitted JavaScript mean what its source meant from another place on the disk: a transformer that runs after
 * tsc's own, so that elided imports are gone and `import x = require()`, JSX runtimes and the rest have become plain
 * imports and calls. Part of the compiler, which is loaded on a cache miss only.
 *
 *     import … from './b.js'      → the compiled b, or its file: URL
 *     import.meta.url             → the source's URL
 *     import.meta (anything else) → __celeriac.sourceMeta(import.meta, …)
 *     import(expression)          → __celeriac.importFrom(…)
 *     require('./b'), require     → the compiled b or its path; __celeriac.requireFrom(…)
 *     __filename, __dirname       → assigned at the top
 */
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { ResolutionMode } from './installed-package.js';
import type { SourceFile } from './source-file.js';

export interface SpecifierUse {
  readonly specifier: string;
  readonly mode: ResolutionMode;
  /** Loaded when the call is reached, so a failure belongs to the call: `import()` and `require()` of the source. */
  readonly isDeferred: boolean;
  /** Offset in the source; null for an import that tsc added. */
  readonly position: number | null;
}

/** Text to write in place of the specifier; null where a deferred use resolves to nothing. */
export type LinkSpecifier = (use: SpecifierUse) => string | null;

export interface RewriteOptions {
  readonly source: SourceFile;
  readonly link: LinkSpecifier;
  /** URL of source-binding.js, for what only the run can tell. */
  readonly bindingUrl: URL;
  /** Folder of the cache, in which modules found by the run are compiled too. */
  readonly cacheRoot: string;
}

const BINDING = '__celeriac';

export function rewriteEmitted(options: RewriteOptions): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new Rewriter(context, options).rewrite(file);
}

class Rewriter {
  readonly #context: ts.TransformationContext;
  readonly #factory: ts.NodeFactory;
  readonly #options: RewriteOptions;
  readonly #isModule: boolean;
  #needsBinding = false;
  #needsRequire = false;
  readonly #pathNames = new Set<string>();

  constructor(context: ts.TransformationContext, options: RewriteOptions) {
    this.#context = context;
    this.#factory = context.factory;
    this.#options = options;
    this.#isModule = options.source.format === 'module';
  }

  rewrite(file: ts.SourceFile): ts.SourceFile {
    const body = ts.visitEachChild(file, this.#visit, this.#context);
    const prologueEnd = body.statements.findIndex(
      (one) => !ts.isExpressionStatement(one) || !ts.isStringLiteral(one.expression),
    );
    const at = prologueEnd < 0 ? body.statements.length : prologueEnd;
    const statements = [...body.statements.slice(0, at), ...this.#prelude(), ...body.statements.slice(at)];
    return this.#factory.updateSourceFile(body, statements);
  }

  readonly #visit = (node: ts.Node): ts.Node => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return this.#visitDeclaration(node);
    if (ts.isCallExpression(node)) return this.#visitCall(node);
    if (ts.isPropertyAccessExpression(node) && isImportMeta(node.expression)) return this.#visitMetaProperty(node);
    if (isImportMeta(node)) return this.#bound('sourceMeta', [node, this.#sourceUrl()]);
    if (!this.#isModule && ts.isIdentifier(node)) this.#noteIdentifier(node.text);
    return ts.visitEachChild(node, this.#visit, this.#context);
  };

  #visitDeclaration(node: ts.ImportDeclaration | ts.ExportDeclaration): ts.Node {
    const literal = node.moduleSpecifier;
    if (literal === undefined || !ts.isStringLiteral(literal)) return node;
    const linked = this.#linkLiteral(literal, 'import', false) ?? literal;
    // A JSON module is compiled to JavaScript, which must not be imported `with { type: 'json' }`.
    const attributes = isJsonLink(linked) ? undefined : node.attributes;
    return ts.isImportDeclaration(node)
      ? this.#factory.updateImportDeclaration(node, node.modifiers, node.importClause, linked, attributes)
      : this.#factory.updateExportDeclaration(
          node,
          node.modifiers,
          node.isTypeOnly,
          node.exportClause,
          linked,
          attributes,
        );
  }

  #visitCall(node: ts.CallExpression): ts.Node {
    const callee = node.expression;
    const [argument] = node.arguments;
    const isImport = callee.kind === ts.SyntaxKind.ImportKeyword;
    const isRequire = ts.isIdentifier(callee) && callee.text === (this.#isModule ? '__require' : 'require');
    if ((!isImport && !isRequire) || argument === undefined) return ts.visitEachChild(node, this.#visit, this.#context);
    if (ts.isStringLiteralLike(argument)) {
      const linked = this.#linkLiteral(argument, isImport ? 'import' : 'require', isDeferred(argument));
      const rest = linked !== null && isJsonLink(linked) ? [] : node.arguments.slice(1);
      if (linked !== null) return this.#factory.updateCallExpression(node, callee, undefined, [linked, ...rest]);
    }
    const visited = ts.visitEachChild(node, this.#visit, this.#context);
    return isImport ? this.#importAtRun(visited) : visited;
  }

  #importAtRun(call: ts.CallExpression): ts.Node {
    const cacheRoot = this.#factory.createStringLiteral(this.#options.cacheRoot);
    return this.#bound('importFrom', [this.#sourceUrl(), cacheRoot, ...call.arguments]);
  }

  #visitMetaProperty(node: ts.PropertyAccessExpression): ts.Node {
    const { path } = this.#options.source;
    const name = node.name.text;
    if (name === 'url') return this.#sourceUrl();
    if (name === 'filename') return this.#factory.createStringLiteral(path);
    if (name === 'dirname') return this.#factory.createStringLiteral(dirname(path));
    return ts.visitEachChild(node, this.#visit, this.#context);
  }

  #noteIdentifier(name: string): void {
    if (name === '__filename' || name === '__dirname') this.#pathNames.add(name);
    if (name === 'require') this.#needsRequire = true;
  }

  #linkLiteral(literal: ts.StringLiteralLike, mode: ResolutionMode, deferred: boolean): ts.StringLiteral | null {
    const original = ts.getOriginalNode(literal);
    const position = original.pos < 0 ? null : original.getStart();
    const text = this.#options.link({ specifier: literal.text, mode, isDeferred: deferred, position });
    return text === null ? null : ts.setTextRange(this.#factory.createStringLiteral(text), literal);
  }

  #sourceUrl(): ts.StringLiteral {
    return this.#factory.createStringLiteral(pathToFileURL(this.#options.source.path).href);
  }

  #bound(name: string, args: readonly ts.Expression[]): ts.CallExpression {
    this.#needsBinding = true;
    const callee = this.#factory.createPropertyAccessExpression(this.#factory.createIdentifier(BINDING), name);
    return this.#factory.createCallExpression(callee, undefined, args);
  }

  /** Statements before all others; none for a file that names nothing of its place. */
  #prelude(): readonly ts.Statement[] {
    const { path } = this.#options.source;
    const statements = [...this.#pathNames].map((name) =>
      this.#assign(name, this.#factory.createStringLiteral(name === '__dirname' ? dirname(path) : path)),
    );
    if (this.#needsRequire) {
      const cacheRoot = this.#factory.createStringLiteral(this.#options.cacheRoot);
      statements.push(this.#assign('require', this.#bound('requireFrom', [this.#sourceUrl(), cacheRoot])));
    }
    return this.#needsBinding ? [this.#importBinding(), ...statements] : statements;
  }

  #assign(name: string, value: ts.Expression): ts.Statement {
    const factory = this.#factory;
    return factory.createExpressionStatement(factory.createAssignment(factory.createIdentifier(name), value));
  }

  #importBinding(): ts.Statement {
    const factory = this.#factory;
    const name = factory.createIdentifier(BINDING);
    const url = this.#options.bindingUrl;
    if (this.#isModule) {
      const clause = factory.createImportClause(undefined, undefined, factory.createNamespaceImport(name));
      return factory.createImportDeclaration(undefined, clause, factory.createStringLiteral(url.href));
    }
    const path = factory.createStringLiteral(fileURLToPath(url));
    const call = factory.createCallExpression(factory.createIdentifier('require'), undefined, [path]);
    const declaration = factory.createVariableDeclaration(name, undefined, undefined, call);
    return factory.createVariableStatement(
      undefined,
      factory.createVariableDeclarationList([declaration], ts.NodeFlags.Const),
    );
  }
}

function isImportMeta(node: ts.Node): node is ts.MetaProperty {
  return ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword;
}

/** Whether the source wrote a call; tsc turns declarations into calls of `require` as well. */
function isDeferred(argument: ts.StringLiteralLike): boolean {
  const { parent } = ts.getOriginalNode(argument) as { readonly parent?: ts.Node };
  return parent !== undefined && ts.isCallExpression(parent);
}

function isJsonLink(literal: ts.StringLiteral): boolean {
  return literal.text.endsWith('.json.mjs');
}
