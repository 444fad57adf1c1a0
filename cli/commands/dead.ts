/** `celeriac dead list|show`: looks at dead letters, through the transport port, and leaves them where they are. */
import type { Celeriac } from '../../core/app/celeriac.js';
import { ConfigError } from '../../core/kernel/errors.js';
import { encodeJson } from '../../core/protocol/json-encode.js';
import { deadQueueOf } from '../../core/worker/dead-letter.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { readDeadMessage, type DeadMessage } from '../dead-message.js';
import { ExitCode } from '../exit-code.js';
import { answer, note, oneLine } from '../terminal.js';

export interface DeadFlags {
  /** Queues of origin, or of dead letters. */
  readonly queues?: readonly string[];
  readonly json?: boolean;
}

const DEAD_SUFFIX = deadQueueOf('');

/** Letters read of each queue, oldest first. */
const MAX_LETTERS = 10_000;

export async function runDeadList(flags: DeadFlags, globals: GlobalOptions): Promise<ExitCode> {
  const messages = await readDeadMessages(flags, globals);
  if (flags.json === true) {
    answer(encodeJson(messages.map(summaryOf)));
    return ExitCode.OK;
  }
  if (messages.length === 0) note('no dead letters');
  for (const line of tableOf(messages)) answer(line);
  return ExitCode.OK;
}

/** @throws ConfigError when no letter has the id or number. */
export async function runDeadShow(wanted: string, flags: DeadFlags, globals: GlobalOptions): Promise<ExitCode> {
  const messages = await readDeadMessages(flags, globals);
  const byId = messages.filter(({ id }) => id === wanted);
  const found = byId.length > 0 ? byId : messages.filter(({ number }) => String(number) === wanted);
  if (found.length === 0)
    throw new ConfigError(`no dead letter "${wanted}": see celeriac dead list for ids and numbers`);
  if (flags.json === true) answer(encodeJson(found));
  else answer(found.map(describe).join('\n\n'));
  return ExitCode.OK;
}

async function readDeadMessages(flags: DeadFlags, globals: GlobalOptions): Promise<readonly DeadMessage[]> {
  applyGlobalOptions(globals);
  await using app = await loadClientApp(globals);
  const transport = await app.connections.transport();
  const queues = await selectQueues(app, flags.queues);
  const batches = await Promise.all(
    queues.map(async (queue) => {
      const letters = await transport.browse(queue, MAX_LETTERS);
      return letters.map((letter, index) => readDeadMessage(letter, queue, index + 1));
    }),
  );
  return batches.flat();
}

async function selectQueues(app: Celeriac, selected: readonly string[] | undefined): Promise<readonly string[]> {
  const transport = await app.connections.transport();
  const known = await transport.queues();
  if (selected === undefined) return known.filter((name) => name.endsWith(DEAD_SUFFIX));
  const wanted = selected.map((name) => (name.endsWith(DEAD_SUFFIX) ? name : deadQueueOf(name)));
  return wanted.filter((name) => known.includes(name));
}

function summaryOf({ number, queue, id, task, reason, error, attempts, time }: DeadMessage): object {
  return { number, queue, id, task, reason, error, attempts, time };
}

const COLUMNS = ['#', 'queue', 'id', 'task', 'reason', 'attempts', 'time', 'error'] as const;

function tableOf(messages: readonly DeadMessage[]): readonly string[] {
  if (messages.length === 0) return [];
  const rows = messages.map(({ number, queue, id, task, reason, attempts, time, error }) =>
    [String(number), queue, id, task, reason, attempts === null ? null : String(attempts), time, error].map((cell) =>
      cell === null ? '-' : oneLine(cell),
    ),
  );
  const table = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function describe(message: DeadMessage): string {
  const { headers, body, contentType, ...summary } = message;
  const facts = Object.entries(summary).map(([name, value]) => `${name.padEnd(12)}${oneLine(String(value ?? '-'))}`);
  const rows = Object.entries(headers).map(([name, value]) => `  ${oneLine(name)}: ${oneLine(encodeJson(value))}`);
  return [...facts, 'headers', ...rows, `body (${oneLine(contentType)})`, `  ${oneLine(body)}`].join('\n');
}
