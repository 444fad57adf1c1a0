/** The options of `celeriac worker` (CLI-20 to 41, CLI-15), with Celery's spellings. What they mean is in worker-flags.ts. */
import { Option, type Command } from 'commander';
import type { GlobalOptions } from './app-source.js';
import type { ExitCode } from './exit-code.js';
import { WORKER } from './help-text.js';
import { parseAutoscale, parseCount, parseLogLevel, parseNames, parseSeconds } from './option-values.js';
import { CHARGE_VARIABLE } from './supervisor/node-messages.js';
import type { WorkerFlags } from './worker-flags.js';

/** @param onEnd told the exit code. @param globalsOf reads the options before the command. */
export function addWorkerCommand(
  program: Command,
  onEnd: (code: ExitCode) => void,
  globalsOf: (command: Command) => GlobalOptions,
): void {
  const command = program
    .command('worker')
    .description('run tasks until it is stopped')
    .argument('[settings...]', 'settings as key=value, as task_acks_late=false or .concurrency=4');
  addIntake(command);
  addPool(command);
  addAppearance(command);
  addDaemon(command);
  command.addHelpText('after', WORKER).action(async (words: readonly string[], _flags: unknown, self: Command) => {
    const flags = self.opts<WorkerFlags>();
    const globals = globalsOf(self);
    if ((flags.processes ?? 1) > 1 && process.env[CHARGE_VARIABLE] === undefined) {
      const { superviseByOptions } = await import('./supervisor/launch.js');
      onEnd(await superviseByOptions(flags, globals));
      return;
    }
    const { runWorker } = await import('./commands/worker.js');
    onEnd(await runWorker(words, flags, globals));
  });
}

function addIntake(command: Command): void {
  command
    .optionsGroup('What it consumes:')
    .option('-Q, --queues <names>', 'queues, with commas between them (default: those of the app)', parseNames)
    .option('-X, --exclude-queues <names>', 'queues of the app to leave out', parseNames)
    .option('--purge', 'remove the messages that wait in these queues before it starts')
    .addOption(new Option('--discard', 'the same').implies({ purge: true }).hideHelp())
    .option('--prefetch-multiplier <n>', 'messages held for each thread; 0 is unlimited (default: 4)', parseCount(0))
    .option('--disable-prefetch', 'take a message only when a thread is free for it')
    .option('-S, --statedb <file>', 'keep revoked tasks in this file');
}

function addPool(command: Command): void {
  const seconds = '<seconds>';
  command
    .optionsGroup('How it runs tasks:')
    .option('-c, --concurrency <n>', 'threads (default: the number of CPUs)', parseCount(1))
    .option(
      '--processes <n>',
      'nodes, each a process with its own threads, under a supervisor (default: 1)',
      parseCount(1),
    )
    .option('-P, --pool <kind>', 'threads, processes, solo, gevent, or the path of a pool (default: threads)')
    .option('--autoscale <max,min>', 'between so many threads, by what there is to do', parseAutoscale)
    .option('--max-tasks-per-child <n>', 'replace a thread after so many tasks', parseCount(1))
    .option(
      '--max-memory-per-child <KiB>',
      'replace a thread that has grown by more, or a child process that is larger',
      parseCount(1),
    )
    .option(`--time-limit ${seconds}`, 'end a task that runs longer, with its thread', parseSeconds)
    .option(`--soft-time-limit ${seconds}`, 'abort the signal of a task that runs longer', parseSeconds)
    .option('--http <address>', 'serve /metrics, /livez, /readyz, /startupz there, as 127.0.0.1:9808')
    .option('--watch', 'replace the threads whenever a file of the app is saved, for development')
    .option('-I, --include <modules>', 'modules that threads load, too, with commas between them', parseNames)
    .addOption(new Option('-O, --optimization <kind>', 'fair is what it always does').choices(['default', 'fair']))
    .option('-B, --beat', 'not in this version')
    .option('-s, --schedule <file>', 'not in this version')
    .addOption(new Option('--schedule-filename <file>', 'the same').hideHelp())
    .option('--scheduler <class>', 'not in this version');
}

function addAppearance(command: Command): void {
  command
    .optionsGroup('How it appears:')
    .option('-n, --hostname <name>', 'name of the node; %h host, %n its short name, %d its domain (default: celery@%h)')
    .addOption(
      new Option('-l, --loglevel <level>', 'DEBUG, INFO, WARNING, ERROR or CRITICAL')
        .default('warn', 'WARNING')
        .argParser(parseLogLevel),
    )
    .option('-E, --task-events', 'send events of tasks; no effect yet')
    .addOption(new Option('--events', 'the same').implies({ taskEvents: true }).hideHelp())
    .option('--without-gossip', 'do not listen to other workers; none does yet')
    .option('--without-mingle', 'do not ask other workers at the start; none does yet')
    .option('--without-heartbeat', 'send no heartbeats; none are sent yet')
    .option('--heartbeat-interval <seconds>', 'time between two heartbeats; no effect yet', parseSeconds);
}

function addDaemon(command: Command): void {
  command
    .optionsGroup('In the background:')
    .option('-D, --detach', 'start it as a process of its own; prints the process id')
    .option('-f, --logfile <file>', 'log to this file; %n is the name of the node, %h the host')
    .option('--pidfile <file>', 'write the process id to this file, removed at the end')
    .option('--uid <user>', 'become this user')
    .option('--gid <group>', 'become this group')
    .option('--umask <octal>', 'rights that new files do not get, as 022')
    .option('--executable <file>', 'node for the process that --detach starts');
}
