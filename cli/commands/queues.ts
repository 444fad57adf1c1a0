/** `celeriac queues`: what is in the queues of the broker, and with --peek their oldest messages; changes nothing. */
import { ProtocolError } from '../../core/kernel/errors.js';
import type { BrowsedMessage, MessageState, QueueStats, Transport } from '../../core/ports/transport.js';
import { encodeJson } from '../../core/protocol/json-encode.js';
import { deadQueueOf } from '../../core/worker/dead-letter.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { DEAD_SUFFIX } from '../dead-letters.js';
import { ExitCode } from '../exit-code.js';
import { answer, note } from '../terminal.js';
import { textTable } from '../text-table.js';

export interface QueuesFlags {
  readonly queues?: readonly string[];
  /** Messages shown of each queue and state. */
  readonly peek?: number;
  readonly json?: boolean;
}

interface QueueRow extends QueueStats {
  readonly queue: string;
  /** Dead letters of the queue. */
  readonly dead: number;
  readonly messages?: readonly PeekedMessage[];
}

interface PeekedMessage {
  readonly queue: string;
  readonly state: MessageState;
  readonly id: string | null;
  readonly task: string | null;
  readonly priority: number | null;
  readonly deliveryCount: number;
  readonly ageMs: number | null;
  readonly bytes: number;
}

const COLUMNS = ['queue', 'ready', 'unacked', 'delayed', 'dead', 'consumers', 'oldest'] as const;
const PEEK_COLUMNS = ['queue', 'state', 'id', 'task', 'priority', 'deliveries', 'age', 'bytes'] as const;
const STATES: readonly MessageState[] = ['unacked', 'ready', 'delayed'];

export async function runQueues(flags: QueuesFlags, globals: GlobalOptions): Promise<ExitCode> {
  applyGlobalOptions(globals);
  await using app = await loadClientApp(globals);
  const transport = await app.connections.transport();
  const names = flags.queues ?? originsOf(await transport.queues());
  const rows = await Promise.all(names.map((name) => readRow(transport, name, flags.peek ?? null)));
  if (flags.json === true) {
    answer(encodeJson(rows));
    return ExitCode.OK;
  }
  if (rows.length === 0) note('no queues');
  const cells = rows.map((row) => {
    return [row.queue, row.ready, row.unacked, row.delayed, row.dead, row.consumers, seconds(row.oldestAgeMs)];
  });
  for (const line of textTable(COLUMNS, cells)) answer(line);
  const messages = rows.flatMap((row) => row.messages ?? []);
  if (messages.length > 0) answer('');
  const peeked = messages.map((one) => {
    return [one.queue, one.state, one.id, one.task, one.priority, one.deliveryCount, seconds(one.ageMs), one.bytes];
  });
  for (const line of textTable(PEEK_COLUMNS, peeked)) answer(line);
  return ExitCode.OK;
}

/** Queues of dead letters are a column of the queue that they come from. */
function originsOf(known: readonly string[]): readonly string[] {
  const names = known.map((name) => (name.endsWith(DEAD_SUFFIX) ? name.slice(0, -DEAD_SUFFIX.length) : name));
  return [...new Set(names)].sort();
}

async function readRow(transport: Transport, queue: string, peek: number | null): Promise<QueueRow> {
  const stats = await transport.stats(queue);
  const { ready: dead } = await transport.stats(deadQueueOf(queue));
  if (peek === null) return { queue, ...stats, dead };
  const states = transport.capabilities.handles ? STATES : (['ready'] as const);
  const batches = await Promise.all(states.map((state) => transport.browse(queue, peek, state)));
  return { queue, ...stats, dead, messages: batches.flat().map((message) => describe(queue, message)) };
}

function describe(queue: string, message: BrowsedMessage): PeekedMessage {
  const { state, properties, deliveryCount, publishedEpochMs, body } = message;
  const ageMs = publishedEpochMs === null ? null : Math.max(0, Date.now() - publishedEpochMs);
  const id = headerOf(message, 'id') ?? properties.correlationId;
  const { priority } = properties;
  return { queue, state, id, task: headerOf(message, 'task'), priority, deliveryCount, ageMs, bytes: body.byteLength };
}

function headerOf({ headers }: BrowsedMessage, name: string): string | null {
  try {
    const value = headers.table[name];
    return typeof value === 'string' ? value : null;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return null;
  }
}

function seconds(ms: number | null): string | null {
  return ms === null ? null : `${(ms / 1_000).toFixed(1)} s`;
}
