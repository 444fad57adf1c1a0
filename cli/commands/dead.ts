/** `celeriac dead list|show`: looks at dead letters, through the transport port, and leaves them where they are. */
import { ConfigError } from '../../core/kernel/errors.js';
import { encodeJson } from '../../core/protocol/json-encode.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { filterDead, type DeadFilterFlags } from '../dead-filter.js';
import { findDeadLetters } from '../dead-letters.js';
import type { DeadMessage } from '../dead-message.js';
import { ExitCode } from '../exit-code.js';
import { answer, note, oneLine } from '../terminal.js';
import { textTable } from '../text-table.js';

export interface DeadFlags extends DeadFilterFlags {
  /** Queues of origin, or of dead letters. */
  readonly queues?: readonly string[];
  readonly json?: boolean;
}

export async function runDeadList(flags: DeadFlags, globals: GlobalOptions): Promise<ExitCode> {
  answerList(filterDead(await readDeadMessages(flags, globals), flags), flags);
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

/** Writes one line for each, or a JSON array. */
export function answerList(messages: readonly DeadMessage[], { json }: Pick<DeadFlags, 'json'>): void {
  if (json === true) {
    answer(encodeJson(messages.map(summaryOf)));
    return;
  }
  if (messages.length === 0) note('no dead letters');
  const rows = messages.map(({ number, queue, id, task, reason, attempts, time, error }) => {
    return [number, queue, id, task, reason, attempts, time, error];
  });
  for (const line of textTable(COLUMNS, rows)) answer(line);
}

const COLUMNS = ['#', 'queue', 'id', 'task', 'reason', 'attempts', 'time', 'error'] as const;

async function readDeadMessages(flags: DeadFlags, globals: GlobalOptions): Promise<readonly DeadMessage[]> {
  applyGlobalOptions(globals);
  await using app = await loadClientApp(globals);
  const letters = await findDeadLetters(await app.connections.transport(), flags.queues);
  return letters.map(({ message }) => message);
}

function summaryOf({ number, queue, id, task, reason, error, attempts, time }: DeadMessage): object {
  return { number, queue, id, task, reason, error, attempts, time };
}

function describe(message: DeadMessage): string {
  const { headers, body, contentType, ...summary } = message;
  const facts = Object.entries(summary).map(([name, value]) => `${name.padEnd(12)}${oneLine(String(value ?? '-'))}`);
  const rows = Object.entries(headers).map(([name, value]) => `  ${oneLine(name)}: ${oneLine(encodeJson(value))}`);
  return [...facts, 'headers', ...rows, `body (${oneLine(contentType)})`, `  ${oneLine(body)}`].join('\n');
}
