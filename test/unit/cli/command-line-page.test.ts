/** The page about the command line names what the program has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ExitCode } from '../../../cli/exit-code.js';
import { createProgram } from '../../../cli/program.js';
import { projectRoot } from '../../support/project.js';

const page = readFileSync(join(projectRoot, 'docs', 'guide', 'command-line.md'), 'utf8');

describe('docs/guide/command-line.md', () => {
  it('has every command', () => {
    const program = createProgram(() => undefined);
    for (const command of program.commands) assert.match(page, new RegExp(`^\\| \`${command.name()}[ \`]`, 'm'));
  });

  it('has every exit code, and so has the help', () => {
    const help: string[] = [];
    const program = createProgram(() => undefined).configureOutput({ writeOut: (text) => help.push(text) });
    program.outputHelp();
    for (const code of Object.values(ExitCode)) {
      assert.match(page, new RegExp(`^\\| ${String(code)} \\|`, 'm'));
      assert.match(help.join(''), new RegExp(`^ {2}${String(code)} +\\S`, 'm'));
    }
  });
});
