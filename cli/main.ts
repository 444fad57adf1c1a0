/**
 * The program, imported by cli/bin.cjs: reads the command line, runs one command, and ends the process with its exit
 * code. A module of the user may hold timers or sockets open, so the end is said, not awaited.
 */
import { CommanderError } from 'commander';
import { armFailpoints } from '../core/kernel/failpoint.js';
import { ExitCode, exitCodeOf } from './exit-code.js';
import { createProgram } from './program.js';
import { complain, flushOutput, ignoreClosedPipes, note } from './terminal.js';
import { describeError } from './user-error.js';

/** Runs one command. @param argv as `process.argv`. */
async function run(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.OK;
  try {
    armFailpoints(process.env['CELERIAC_FAILPOINT']);
    const program = createProgram((code) => {
      exitCode = code;
    });
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    // Commander has already said what is wrong; code 0 is `--help` and `--version`.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.BAD_OPTION;
    complain(describeError(error));
    if (error instanceof Error && wantsStacks(argv)) note(error.stack ?? error.message);
    return exitCodeOf(error);
  }
}

/** Looked for in the raw words, because the error may be about reading them. */
function wantsStacks(argv: readonly string[]): boolean {
  return /(?:-l|--loglevel)[ =]?debug/i.test(argv.join(' '));
}

ignoreClosedPipes();
void run(process.argv).then(async (code) => {
  await flushOutput();
  process.exit(code);
});
