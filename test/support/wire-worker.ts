/** A worker over wire-tasks.ts that takes messages as any program would have written them. */
import { readFileSync } from 'node:fs';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import type { BrowsedMessage, MessageProperties } from '../../core/ports/transport.js';
import { DEATH_HEADER } from '../../core/worker/dead-letter.js';
import { TestWorker } from '../../testing/public.js';
import type { SettingsInput } from '../../core/app/public.js';
import { app } from './members/wire-tasks.js';
import { fixture } from './project.js';

const module = new URL('./members/wire-tasks.js', import.meta.url);

/** @param settings beside acceptance of every format but raw. */
export function startWireWorker(settings: SettingsInput = {}): Promise<TestWorker> {
  const acceptContent = ['json', 'msgpack', 'yaml', 'pickle', 'inverted'];
  return TestWorker.start({ app, module, settings: { acceptContent, ...settings } });
}

let count = 0;

/** Puts a message into the worker's queue. @returns the task id, which stands in headers and properties. */
export async function send(
  headers: HeaderTable,
  body: string | Uint8Array,
  properties: Partial<MessageProperties> = {},
): Promise<string> {
  const id = (headers['id'] ?? properties.correlationId ?? `wire-${String(++count)}`) as string;
  const transport = await app.connections.transport();
  await transport.publish([
    {
      exchange: '',
      routingKey: 'celery',
      headers: HeaderBlock.fromTable(headers),
      properties: {
        correlationId: id,
        replyTo: '',
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 2,
        priority: null,
        expirationMs: null,
        ...properties,
      },
      body: typeof body === 'string' ? Buffer.from(body) : body,
      notBeforeEpochMs: null,
    },
  ]);
  return id;
}

/** Headers of protocol 2 with an id of their own. */
export function headersOf(task: string, more: HeaderTable = {}): HeaderTable {
  return { lang: 'py', task, id: `wire-${String(++count)}`, ...more };
}

/** The result of a task, of whatever state. */
export async function endOf(id: string): Promise<unknown> {
  const result = app.asyncResult(id);
  return result.get({ timeoutMs: 20_000 });
}

/** The reason on the dead letter of a message, once it is there. */
export async function deathOf(id: string): Promise<string> {
  const transport = await app.connections.transport();
  for (let tries = 0; tries < 2_000; tries++) {
    const dead = await transport.browse('celery.dead', 1_000);
    const letter = dead.find(({ properties }) => properties.correlationId === id);
    if (letter !== undefined) return certificateOf(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`${id} is not among the dead letters`);
}

function certificateOf({ headers }: BrowsedMessage): string {
  return (headers.table[DEATH_HEADER] as { readonly reason: string }).reason;
}

/** The stored document of a task as it is, keys in their order. */
export async function documentOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  const backend = await app.connections.backend();
  const stored = (await backend.fetch([id]))[0] ?? null;
  if (stored === null) throw new Error(`${id} has no result`);
  return JSON.parse(Buffer.from(stored.document).toString()) as Readonly<Record<string, unknown>>;
}

interface RecordedCase {
  readonly name: string;
  readonly messages: readonly {
    readonly headers: HeaderTable;
    readonly properties: { readonly content_type: string; readonly content_encoding: string };
    readonly body: { readonly text?: string; readonly base64?: string };
  }[];
}

/** Sends a message that Celery 5.2 wrote, under an id of its own. */
export async function sendRecorded(name: string): Promise<string> {
  const file = JSON.parse(readFileSync(fixture('celery', 'task_messages_5.2.json'), 'utf8')) as {
    readonly vectors: readonly RecordedCase[];
  };
  const message = file.vectors.find((recorded) => recorded.name === name)?.messages[0];
  if (message === undefined) throw new Error(`there is no recording "${name}"`);
  const { headers, properties, body } = message;
  const id = `recorded-${String(++count)}`;
  const bytes = body.text === undefined ? Buffer.from(body.base64 ?? '', 'base64') : Buffer.from(body.text);
  return send({ ...headers, id, root_id: id, expires: null, eta: null }, bytes, {
    contentType: properties.content_type,
    contentEncoding: properties.content_encoding,
  });
}
