/**
 * The command line: every command with its options and its help. Each command's code is loaded when it is the one that
 * runs, so that `call` does not wait for the worker's modules.
 */
import { Command } from 'commander';
import type { GlobalOptions } from './app-source.js';
import type { CallFlags } from './commands/call.js';
import type { PurgeFlags } from './commands/purge.js';
import type { ReportFlags } from './commands/report.js';
import type { ResultFlags } from './commands/result.js';
import type { ExitCode } from './exit-code.js';
import * as help from './help-text.js';
import {
  parseCount,
  parseEta,
  parseExpires,
  parseJsonList,
  parseJsonObject,
  parseNames,
  parseSeconds,
} from './option-values.js';
import { packageVersion } from './package-version.js';
import { applyOptionEnvironment } from './option-environment.js';
import { addQueueCommands } from './queue-commands.js';
import { complain } from './terminal.js';
import { addWorkerCommand } from './worker-command.js';

/** @param onEnd told the exit code of the command that ran. */
export function createProgram(onEnd: (code: ExitCode) => void): Command {
  const program = new Command('celeriac');
  program
    .description('Distributed task queue for TypeScript; speaks the protocol of Celery.')
    .usage('[global options] COMMAND [options]')
    .exitOverride()
    .configureOutput({
      outputError: (text) => {
        complain(text.replace(/^error: /, ''));
      },
    })
    .optionsGroup('Global options:')
    .option('-A, --app <module[:name]>', 'module that creates the app (environment: CELERIAC_APP)')
    .option('-b, --broker <url>', 'broker instead of the one in the module (CELERIAC_BROKER_URL)')
    .option('--result-backend <url>', 'result backend instead of the one in the module (CELERIAC_RESULT_BACKEND)')
    .option('--config <file>', 'file or module of the settings (CELERIAC_CONFIG)')
    .option('--loader <module>', 'loader of Celery; without effect (CELERY_LOADER)')
    .option('--workdir <folder>', 'change to this folder first')
    .option('-C, --no-color', 'no colours (NO_COLOR)')
    .option('-q, --quiet', 'less text on stderr: no banner')
    .option('--skip-checks', 'without effect, as Celery has it for Django')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', help.PROGRAM)
    .hook('preAction', (_, command) => {
      applyOptionEnvironment(command, process.env);
    });
  addWorkerCommand(program, onEnd, globalsOf);
  addCall(program, onEnd);
  addResult(program, onEnd);
  addPurge(program, onEnd);
  addReport(program, onEnd);
  addQueueCommands(program, { onEnd, globalsOf });
  return program;
}

type OnEnd = (code: ExitCode) => void;

function addCall(program: Command, onEnd: OnEnd): void {
  program
    .command('call <task>')
    .description('send one task by its name; prints its id')
    .optionsGroup('Arguments of the task:')
    .option('-a, --args <json>', "positional arguments, as '[2, 3]'", parseJsonList)
    .option('-k, --kwargs <json>', `keyword arguments, as '{"width": 640}'`, parseJsonObject)
    .optionsGroup('Where and when:')
    .option('--queue <name>', "queue (default: the task's own)")
    .option('--countdown <seconds>', 'not before so many seconds from now', parseSeconds)
    .option('--eta <instant>', 'not before this ISO 8601 instant', parseEta)
    .option('--expires <when>', 'dropped after so many seconds, or after this instant', parseExpires)
    .option('--priority <n>', '0 to 255, higher is served first', parseCount(0, 255))
    .option('--task-id <id>', 'id of the task (default: a new UUID)')
    .optionsGroup('Result:')
    .option('--wait', 'wait for the task to end and print its result as JSON')
    .option('--timeout <seconds>', 'longest wait', parseSeconds)
    .addHelpText('after', help.CALL)
    .action(async (task: string, _flags: unknown, command: Command) => {
      const { runCall } = await import('./commands/call.js');
      onEnd(await runCall(task, command.opts<CallFlags>(), globalsOf(command)));
    });
}

function addResult(program: Command, onEnd: OnEnd): void {
  program
    .command('result <id>')
    .description('wait for a task and print its result as JSON')
    .option('--timeout <seconds>', 'longest wait; 0 does not wait', parseSeconds)
    .option('--traceback', 'print the stack of the failure instead')
    .addHelpText('after', help.RESULT)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { runResult } = await import('./commands/result.js');
      onEnd(await runResult(id, command.opts<ResultFlags>(), globalsOf(command)));
    });
}

function addPurge(program: Command, onEnd: OnEnd): void {
  program
    .command('purge')
    .description('remove the messages that wait in queues; prints their number')
    .option('-Q, --queues <names>', 'queues, with commas between them (default: taskDefaultQueue)', parseNames)
    .option('-f, --force', 'do not ask')
    .addHelpText('after', help.PURGE)
    .action(async (_flags: unknown, command: Command) => {
      const { runPurge } = await import('./commands/purge.js');
      onEnd(await runPurge(command.opts<PurgeFlags>(), globalsOf(command)));
    });
}

function addReport(program: Command, onEnd: OnEnd): void {
  program
    .command('report')
    .description('print versions, platform and every setting with its source; secrets are hidden')
    .option('--json', 'as JSON')
    .addHelpText('after', help.REPORT)
    .action(async (_flags: unknown, command: Command) => {
      const { runReport } = await import('./commands/report.js');
      onEnd(await runReport(command.opts<ReportFlags>(), globalsOf(command)));
    });
}

/** Global options may stand before the command, as Celery wants it, or after. */
function globalsOf(command: Command): GlobalOptions {
  const root = command.parent?.parent ?? command.parent ?? command;
  return root.opts<{ color: boolean }>();
}
