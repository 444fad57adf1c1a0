/** `queues` and `dead` with their options: what people ask and tell the queues. Called by `createProgram`. */
import type { Command } from 'commander';
import type { GlobalOptions } from './app-source.js';
import type { DeadMoveFlags } from './commands/dead-moves.js';
import type { DeadFlags } from './commands/dead.js';
import type { QueuesFlags } from './commands/queues.js';
import type { ExitCode } from './exit-code.js';
import * as help from './help-text.js';
import { parseCount, parseEta, parseNames } from './option-values.js';

export interface CommandContext {
  /** Told the exit code of the command that ran. */
  readonly onEnd: (code: ExitCode) => void;
  readonly globalsOf: (command: Command) => GlobalOptions;
}

export function addQueueCommands(program: Command, context: CommandContext): void {
  addQueues(program, context);
  const dead = program
    .command('dead')
    .description('dead letters, messages that no worker could run: look, send back, discard');
  dead.addHelpText('after', help.DEAD);
  addLooks(dead, context);
  addMoves(dead, context);
}

function addQueues(program: Command, { onEnd, globalsOf }: CommandContext): void {
  program
    .command('queues')
    .description('what is in the queues: ready, unacked, delayed and dead messages')
    .option('-Q, --queues <names>', 'these queues, with commas between them (default: all)', parseNames)
    .option('--peek <n>', 'show the oldest messages, n of each state', parseCount(1, 10_000))
    .option('--json', 'a JSON array')
    .addHelpText('after', help.QUEUES)
    .action(async (_flags: unknown, command: Command) => {
      const { runQueues } = await import('./commands/queues.js');
      onEnd(await runQueues(command.opts<QueuesFlags>(), globalsOf(command)));
    });
}

const QUEUES = ['-Q, --queues <names>', 'dead letters of these queues (default: of all)'] as const;

function withFilters(command: Command): Command {
  return command
    .option(...QUEUES, parseNames)
    .option('--task <pattern>', 'of these tasks; * stands for any characters, ? for one')
    .option('--reason <reason>', 'given up for this reason, as rejected or unknown-task')
    .option('--since <instant>', 'dead at this ISO 8601 instant or later', parseEta)
    .option('--before <instant>', 'dead before this instant', parseEta)
    .option('--limit <n>', 'the oldest n at most', parseCount(1));
}

function addLooks(dead: Command, { onEnd, globalsOf }: CommandContext): void {
  withFilters(dead.command('list').description('one line for each'))
    .option('--json', 'a JSON array')
    .action(async (_flags: unknown, command: Command) => {
      const { runDeadList } = await import('./commands/dead.js');
      onEnd(await runDeadList(command.opts<DeadFlags>(), globalsOf(command)));
    });
  dead
    .command('show <id>')
    .description('all of one message: by the id of its task, or its number in the list')
    .option(...QUEUES, parseNames)
    .option('--json', 'a JSON array, for ids may repeat')
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { runDeadShow } = await import('./commands/dead.js');
      onEnd(await runDeadShow(id, command.opts<DeadFlags>(), globalsOf(command)));
    });
}

function addMoves(dead: Command, { onEnd, globalsOf }: CommandContext): void {
  withFilters(
    dead.command('redrive [ids...]').description('send letters back to the queues they came from; prints their number'),
  )
    .option('--all', 'every letter')
    .option('--to <queue>', 'to this queue instead')
    .option('--dry-run', 'list them and leave them')
    .option('--json', 'the list of --dry-run as a JSON array')
    .action(async (ids: readonly string[], _flags: unknown, command: Command) => {
      const { runDeadRedrive } = await import('./commands/dead-moves.js');
      onEnd(await runDeadRedrive(ids, command.opts<DeadMoveFlags>(), globalsOf(command)));
    });
  withFilters(dead.command('discard [ids...]').description('remove letters for good; prints their number'))
    .option('--all', 'every letter')
    .option('-f, --force', 'do not ask')
    .option('--dry-run', 'list them and leave them')
    .option('--json', 'the list of --dry-run as a JSON array')
    .action(async (ids: readonly string[], _flags: unknown, command: Command) => {
      const { runDeadDiscard } = await import('./commands/dead-moves.js');
      onEnd(await runDeadDiscard(ids, command.opts<DeadMoveFlags>(), globalsOf(command)));
    });
}
