/**
 * Which names a TypeScript file exports as types only. tsc knows this from the whole program and leaves such names out
 * of imports and exports; a compiler of single files would leave them in, and the module would not link. Part of the
 * compiler, which is loaded on a cache miss only.
 */
import ts from 'typescript';
import { isTypeScript } from './source-kind.js';
import { parseSource } from './source-file.js';

/** Path that a specifier in a file means; null where it is not a file. */
export type FindFile = (fromPath: string, specifier: string) => string | null;

interface ImportedName {
  readonly specifier: string;
  readonly name: string;
}

/** What a file exports, and what its own names are. */
class ExportTable {
  readonly types = new Set<string>();
  readonly values = new Set<string>();
  readonly fromElsewhere = new Map<string, ImportedName>();
  /** Specifiers of `export *`. */
  readonly stars: string[] = [];
}

export class TypeExports {
  readonly #readText: (path: string) => string;
  readonly #findFile: FindFile;
  readonly #tables = new Map<string, ExportTable>();

  constructor(readText: (path: string) => string, findFile: FindFile) {
    this.#readText = readText;
    this.#findFile = findFile;
  }

  /** True if `specifier`, seen from a file, means TypeScript whose export of this name is a type and no value. */
  isType(fromPath: string, imported: ImportedName, seen: ReadonlySet<string> = new Set()): boolean {
    const path = this.#findFile(fromPath, imported.specifier);
    if (path === null || !isTypeScript(path)) return false;
    const { name } = imported;
    const key = `${path}\n${name}`;
    if (seen.has(key)) return false;
    const table = this.#tableOf(path);
    if (table.values.has(name)) return false;
    if (table.types.has(name)) return true;
    const further = new Set(seen).add(key);
    const origin = table.fromElsewhere.get(name);
    if (origin !== undefined) return this.isType(path, origin, further);
    return table.stars.some((specifier) => this.isType(path, { specifier, name }, further));
  }

  #tableOf(path: string): ExportTable {
    let table = this.#tables.get(path);
    if (table === undefined) {
      table = tabulate(parseSource(path, this.#readText(path), undefined));
      this.#tables.set(path, table);
    }
    return table;
  }
}

function tabulate(file: ts.SourceFile): ExportTable {
  const exported = new ExportTable();
  const own = new ExportTable();
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) noteImport(statement, own);
    else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      own.types.add(statement.name.text);
      if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) exported.types.add(exportedName(statement));
    } else if (!ts.isExportDeclaration(statement)) noteValues(statement, own, exported);
  }
  // After all declarations: `export { name }` may stand before what it names.
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) noteExport(statement, own, exported);
  }
  return exported;
}

function noteImport({ importClause, moduleSpecifier }: ts.ImportDeclaration, own: ExportTable): void {
  const bindings = importClause?.namedBindings;
  if (importClause === undefined || bindings === undefined || !ts.isNamedImports(bindings)) return;
  for (const { isTypeOnly, name, propertyName } of bindings.elements) {
    if (isTypeOnly || importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) own.types.add(name.text);
    else own.fromElsewhere.set(name.text, { specifier: textOf(moduleSpecifier), name: (propertyName ?? name).text });
  }
}

function noteValues(statement: ts.Statement, own: ExportTable, exported: ExportTable): void {
  const isExported = hasModifier(statement, ts.SyntaxKind.ExportKeyword);
  for (const name of declaredNames(statement)) {
    own.values.add(name);
    if (isExported) exported.values.add(name);
  }
}

function noteExport(statement: ts.ExportDeclaration, own: ExportTable, exported: ExportTable): void {
  const { exportClause, moduleSpecifier, isTypeOnly } = statement;
  if (exportClause === undefined) {
    if (moduleSpecifier !== undefined && !isTypeOnly) exported.stars.push(textOf(moduleSpecifier));
    return;
  }
  if (!ts.isNamedExports(exportClause)) return;
  for (const element of exportClause.elements) {
    const local = (element.propertyName ?? element.name).text;
    const origin =
      moduleSpecifier === undefined
        ? own.fromElsewhere.get(local)
        : { specifier: textOf(moduleSpecifier), name: local };
    const isOwnType = moduleSpecifier === undefined && own.types.has(local) && !own.values.has(local);
    if (isTypeOnly || element.isTypeOnly || isOwnType) exported.types.add(element.name.text);
    else if (origin !== undefined) exported.fromElsewhere.set(element.name.text, origin);
    else exported.values.add(element.name.text);
  }
}

/** Names of the values that a statement declares; patterns are taken apart. */
function declaredNames(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  const { name } = statement as { readonly name?: ts.Node };
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : [];
}

function boundNames(name: ts.BindingName): readonly string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

function exportedName(declaration: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): string {
  return hasModifier(declaration, ts.SyntaxKind.DefaultKeyword) ? 'default' : declaration.name.text;
}

function hasModifier(statement: ts.Statement, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some((one) => one.kind === kind) === true;
}

function textOf(specifier: ts.Expression): string {
  return ts.isStringLiteral(specifier) ? specifier.text : '';
}
