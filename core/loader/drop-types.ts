/**
 * Takes the names of types out of emitted imports and exports. tsc's own elision, which here sees one file, leaves in
 * what might be a value: all names that are exported again, or that decorators' metadata mention. A transformer that
 * runs after tsc's (before it, tsc would no longer elide what was touched). Part of the compiler, which is loaded on a
 * cache miss only.
 */
import ts from 'typescript';

/** Whether a name that another file exports is a type only. */
export type AskType = (specifier: string, name: string) => boolean;

export function dropTypes(isType: AskType): ts.TransformerFactory<ts.SourceFile> {
  return ({ factory }) =>
    (file) => {
      const dropped = new Set<string>();
      // Imports first: `export { name }` may stand before the import that it names.
      const imports = file.statements.flatMap((one) => (ts.isImportDeclaration(one) ? withoutTypes(one) : [one]));
      return factory.updateSourceFile(
        file,
        imports.flatMap((one) => (ts.isExportDeclaration(one) ? withoutTypeExports(one) : [one])),
      );

      function withoutTypes(node: ts.ImportDeclaration): readonly ts.Statement[] {
        const clause = node.importClause;
        const bindings = clause?.namedBindings;
        if (clause === undefined || bindings === undefined || !ts.isNamedImports(bindings)) return [node];
        const types = bindings.elements.filter((one) => isType(textOf(node.moduleSpecifier), importedName(one)));
        if (types.length === 0) return [node];
        for (const { name } of types) dropped.add(name.text);
        const elements = bindings.elements.filter((one) => !types.includes(one));
        if (elements.length === 0 && clause.name === undefined) return [];
        const named = elements.length === 0 ? undefined : factory.updateNamedImports(bindings, elements);
        const left = factory.updateImportClause(clause, clause.phaseModifier, clause.name, named);
        return [factory.updateImportDeclaration(node, node.modifiers, left, node.moduleSpecifier, node.attributes)];
      }

      function withoutTypeExports(node: ts.ExportDeclaration): readonly ts.Statement[] {
        const { exportClause, moduleSpecifier, modifiers, isTypeOnly, attributes } = node;
        if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [node];
        const elements = exportClause.elements.filter((one) =>
          moduleSpecifier === undefined
            ? !dropped.has(importedName(one))
            : !isType(textOf(moduleSpecifier), importedName(one)),
        );
        if (elements.length === exportClause.elements.length) return [node];
        if (elements.length === 0 && moduleSpecifier !== undefined) return [];
        const left = factory.updateNamedExports(exportClause, elements);
        return [factory.updateExportDeclaration(node, modifiers, isTypeOnly, left, moduleSpecifier, attributes)];
      }
    };
}

function importedName({ name, propertyName }: ts.ImportSpecifier | ts.ExportSpecifier): string {
  return (propertyName ?? name).text;
}

function textOf(specifier: ts.Expression): string {
  return ts.isStringLiteral(specifier) ? specifier.text : '';
}
