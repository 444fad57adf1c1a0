/**
 * `celeriac worker --processes P`: what the process that was started does with its options, from pid file to exit code.
 * Loads no app where the option says how many; where only a setting does, the app is loaded by then (commands/worker.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../core/kernel/clock.js';
import { systemRandom } from '../../core/kernel/random.js';
import type { JournalEntry } from '../../core/worker/crashes/journal-record.js';
import { readJournalFile } from '../../core/worker/crashes/run-journal.js';
import type { GlobalOptions } from '../app-source.js';
import { formatRows } from '../banner.js';
import { daemonOf, nameOf, NO_SETTINGS, type Daemon } from '../daemon.js';
import { detach, isDetached } from '../detach.js';
import { ExitCode } from '../exit-code.js';
import { writePidFile } from '../pid-file.js';
import { takeRights } from '../process-rights.js';
import { answer, complain, hasColor, note } from '../terminal.js';
import type { WorkerFlags } from '../worker-flags.js';
import { WorkerLogger } from '../worker-logger.js';
import { nodeSpawner } from './spawn-node.js';
import type { SupervisedNode } from './supervised-node.js';
import { Supervisor } from './supervisor.js';

export interface LaunchOptions {
  readonly flags: WorkerFlags;
  readonly globals: GlobalOptions;
  readonly daemon: Daemon;
  readonly processes: number;
  /** In which the command was given. */
  readonly folder: string;
  /** `workerLogFormat`, where the app is known. @defaultValue null */
  readonly logFormat?: string | null;
}

/** Without the app: whatever only it knows is its nodes' business. @throws ConfigError */
export function superviseByOptions(flags: WorkerFlags, globals: GlobalOptions): Promise<ExitCode> {
  // As a node does itself, after its own --workdir.
  const daemon = daemonOf(flags, NO_SETTINGS, { folder: globals.workdir ?? '.' });
  return superviseNodes({ flags, globals, daemon, processes: flags.processes ?? 1, folder: process.cwd() });
}

/** Runs until no node is left. @throws ConfigError when the system refuses the rights */
export async function superviseNodes(options: LaunchOptions): Promise<ExitCode> {
  const { flags, daemon } = options;
  if (flags.detach === true && !isDetached()) {
    answer(String(await detach(daemon)));
    return ExitCode.OK;
  }
  takeRights(daemon);
  const pidFile = daemon.pidfile === null ? null : writePidFile(daemon.pidfile);
  if (pidFile !== null && 'problem' in pidFile) {
    complain(pidFile.problem);
    return ExitCode.CANNOT_CREATE;
  }
  const journals = mkdtempSync(join(tmpdir(), 'celeriac-nodes-'));
  try {
    return await run(options, journals);
  } finally {
    rmSync(journals, { recursive: true, force: true });
    pidFile?.remove();
  }
}

async function run({ flags, globals, daemon, processes, folder, logFormat = null }: LaunchOptions, journals: string) {
  const color = hasColor(globals.color);
  const names = Array.from({ length: processes }, (_, i) => nameOf(flags, i + 1));
  const supervisor = new Supervisor({
    names,
    spawn: nodeSpawner(folder),
    journalOf: (index) => join(journals, `${String(index)}.journal`),
    takeJournal,
    purges: flags.purge === true,
    clock: systemClock,
    random: systemRandom,
    logger: new WorkerLogger({ level: flags.loglevel, color, file: daemon.logfile, format: logFormat }),
    note,
    onReady: (nodes) => {
      if (globals.quiet !== true) note(bannerOf(nodes, color));
      note(`${String(nodes.length)} nodes ready.`);
    },
  });
  const signals: readonly NodeJS.Signals[] = [
    ...(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const),
    // At a terminal it means that the terminal is gone, and we are to go, too.
    ...(process.stdin.isTTY ? [] : (['SIGHUP'] as const)),
  ];
  const receive = (signal: NodeJS.Signals): void => {
    supervisor.receive(signal);
  };
  for (const signal of signals) process.on(signal, receive);
  const code = await supervisor.run();
  for (const signal of signals) process.off(signal, receive);
  note(`${String(processes)} nodes stopped.`);
  return Object.values(ExitCode).find((known) => known === code) ?? ExitCode.FAILURE;
}

/** One for all: they differ in their names only. */
function bannerOf(nodes: readonly SupervisedNode[], color: boolean): string {
  const faces = nodes.flatMap(({ face }) => (face === null ? [] : [face]));
  const rows = (faces[0]?.banner ?? []).map(([name, value]): [string, string] =>
    name === 'concurrency' ? [name, `${String(faces.length)} processes × ${value}`] : [name, value],
  );
  return formatRows([['nodes', faces.map(({ hostname }) => hostname).join(', ')], ...rows], color);
}

function takeJournal(path: string): readonly JournalEntry[] {
  const entries = readJournalFile(path);
  rmSync(path, { force: true });
  return entries;
}
