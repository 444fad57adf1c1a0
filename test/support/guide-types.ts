/** Type-checks the files of guide pages against the package as its users see it: all pages as one program. */
import { relative } from 'node:path';
import ts from 'typescript';
import { GuideProject, type GuidePage } from './guide-page.js';

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

/** `page/file:line: message` of each error. */
export function typeErrors(pages: readonly GuidePage[]): readonly string[] {
  const projects = pages.map((page) => ({ page, project: new GuideProject(page) }));
  try {
    const roots = projects.flatMap(({ page, project }) =>
      [...page.files.keys()].filter((name) => name.endsWith('.ts')).map((name) => `${project.folder}/${name}`),
    );
    const typeRoots = projects.slice(0, 1).map(({ project }) => `${project.folder}/node_modules/@types`);
    const program = ts.createProgram(roots, { ...options, typeRoots });
    return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
      const file = diagnostic.file?.fileName ?? '';
      const found = projects.find(({ project }) => file.startsWith(project.folder));
      const name = found === undefined ? file : `${found.page.name}/${relative(found.project.folder, file)}`;
      const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
      return `${name}:${String(line + 1)}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`;
    });
  } finally {
    for (const { project } of projects) project.dispose();
  }
}
