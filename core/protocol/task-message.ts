/**
 * Headers and properties of a protocol 2 task message ⇄ TaskMessage (protocol.md §1.1, §1.2, WIRE-02 to 06). Runs on the
 * host for every delivery, and wherever a message is made. It never looks at the body.
 */
import { EncodeError, ProtocolError } from '../kernel/errors.js';
import { HeaderBlock, type HeaderTable, type HeaderValue } from '../kernel/header-block.js';
import type { MessageProperties } from '../ports/transport.js';
import { formatInstant } from './iso-instant.js';
import {
  readBoolean,
  readCount,
  readId,
  readInstant,
  readNames,
  readTable,
  readText,
  readTimeLimits,
} from './header-reader.js';

/** Entries of the headers of one message (reliability.md §5.6). */
const MAX_HEADERS = 200;

/** Every header that celeriac or Celery gives a meaning; all others are the application's. */
const KNOWN_HEADERS: ReadonlySet<string> = new Set([
  ...['lang', 'task', 'id', 'shadow', 'eta', 'expires', 'group', 'group_index', 'retries', 'timelimit', 'root_id'],
  ...['parent_id', 'argsrepr', 'kwargsrepr', 'origin', 'ignore_result', 'replaced_task_nesting', 'stamped_headers'],
  ...['stamps', 'compression', 'meth', 'redelivered'],
]);

const NO_HEADERS: HeaderTable = Object.freeze(Object.create(null) as HeaderTable);

/** A task message without its body. Fields are null where the message says nothing. */
export class TaskMessage {
  readonly #table: HeaderTable;
  readonly task: string;
  readonly id: string;
  readonly lang: string | null;
  /** Name to show instead of `task`. */
  readonly shadow: string | null;
  readonly etaEpochMs: number | null;
  readonly expiresEpochMs: number | null;
  readonly groupId: string | null;
  readonly groupIndex: number | null;
  readonly retries: number;
  /** Hard limit; null leaves the task's own. */
  readonly timeLimitSeconds: number | null;
  /** Soft limit; null leaves the task's own. */
  readonly softTimeLimitSeconds: number | null;
  /** The task's own id when the message has none (WIRE-04). */
  readonly rootId: string;
  readonly parentId: string | null;
  /** Python-looking text of the arguments, for people; may hold any character. */
  readonly argsrepr: string | null;
  readonly kwargsrepr: string | null;
  readonly origin: string | null;
  readonly ignoreResult: boolean | null;
  readonly replacedTaskNesting: number;
  readonly stampedHeaders: readonly string[] | null;
  readonly stamps: HeaderTable | null;
  readonly compression: string | null;
  readonly correlationId: string | null;
  readonly replyTo: string | null;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly priority: number | null;

  constructor(table: HeaderTable, properties: MessageProperties) {
    this.#table = table;
    this.task = requiredId(table, 'task');
    this.id = requiredId(table, 'id');
    this.lang = readText(table, 'lang');
    this.shadow = readText(table, 'shadow');
    this.etaEpochMs = readInstant(table, 'eta');
    this.expiresEpochMs = readInstant(table, 'expires');
    this.groupId = readId(table, 'group');
    this.groupIndex = readCount(table, 'group_index');
    this.retries = readCount(table, 'retries') ?? 0;
    const [hard, soft] = readTimeLimits(table, 'timelimit');
    this.timeLimitSeconds = hard;
    this.softTimeLimitSeconds = soft;
    this.rootId = readId(table, 'root_id') ?? this.id;
    this.parentId = readId(table, 'parent_id');
    this.argsrepr = readText(table, 'argsrepr');
    this.kwargsrepr = readText(table, 'kwargsrepr');
    this.origin = readText(table, 'origin');
    this.ignoreResult = readBoolean(table, 'ignore_result');
    this.replacedTaskNesting = readCount(table, 'replaced_task_nesting') ?? 0;
    this.stampedHeaders = readNames(table, 'stamped_headers');
    this.stamps = readTable(table, 'stamps');
    this.compression = readText(table, 'compression');
    this.correlationId = properties.correlationId;
    this.replyTo = properties.replyTo === '' ? null : properties.replyTo;
    this.contentType = properties.contentType;
    this.contentEncoding = properties.contentEncoding;
    this.priority = properties.priority;
  }

  /** Name for logs and monitors. */
  get displayName(): string {
    return this.shadow === null || this.shadow === '' ? this.task : this.shadow;
  }

  /** Headers of the application, without prototype. Gathered when asked for: few tasks do. */
  get customHeaders(): HeaderTable {
    let custom: Record<string, HeaderValue | undefined> | null = null;
    for (const name of Object.keys(this.#table)) {
      if (KNOWN_HEADERS.has(name)) continue;
      // On an object without prototype `__proto__` is a name like any other.
      custom ??= Object.create(null) as Record<string, HeaderValue | undefined>;
      custom[name] = this.#table[name];
    }
    return custom ?? NO_HEADERS;
  }
}

/**
 * `task` and `id` alone make a message; all else has defaults.
 * @throws ProtocolError naming the header that is missing or malformed; protocol 1 has no `task` header.
 */
export function decodeTaskHeaders(headers: HeaderBlock, properties: MessageProperties): TaskMessage {
  const table = headers.table;
  if (Object.keys(table).length > MAX_HEADERS)
    throw new ProtocolError(`message has more than ${String(MAX_HEADERS)} headers`);
  if (!Object.hasOwn(table, 'task')) {
    throw new ProtocolError('message has no header "task": protocol 1 and foreign messages are not read');
  }
  return new TaskMessage(table, properties);
}

function requiredId(table: HeaderTable, name: string): string {
  const id = readId(table, name);
  if (id === null) throw new ProtocolError(`message has no header "${name}"`);
  return id;
}

/** What the sender of a task decides; everything that is not given is written as Python writes it when unused. */
export interface TaskHeaderFields {
  readonly task: string;
  readonly id: string;
  readonly shadow?: string | null;
  readonly etaEpochMs?: number | null;
  readonly expiresEpochMs?: number | null;
  /** ISO 8601 text in place of `etaEpochMs`, for a message that is passed on with every digit it had. */
  readonly etaText?: string | null;
  readonly expiresText?: string | null;
  readonly groupId?: string | null;
  readonly groupIndex?: number | null;
  readonly retries?: number;
  readonly timeLimitSeconds?: number | null;
  readonly softTimeLimitSeconds?: number | null;
  /** @defaultValue `id` */
  readonly rootId?: string;
  readonly parentId?: string | null;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  /** `gen<pid>@<host>` for an anonymous client. */
  readonly origin: string;
  readonly ignoreResult?: boolean;
  readonly replacedTaskNesting?: number;
  readonly stampedHeaders?: readonly string[] | null;
  readonly stamps?: HeaderTable | null;
  readonly compression?: string | null;
  /** Headers of the application. */
  readonly customHeaders?: HeaderTable;
}

/**
 * Headers in Python's order, `lang` is `js`. Written as text at once: half the price of a table and its JSON, and every
 * embedded store keeps text.
 * @throws EncodeError when a custom header takes the name of one with a meaning.
 */
export function encodeTaskHeaders(fields: TaskHeaderFields): HeaderBlock {
  const { groupIndex = null, timeLimitSeconds = null, softTimeLimitSeconds = null, compression = null } = fields;
  const id = JSON.stringify(fields.id);
  return HeaderBlock.fromJson(
    `{"lang":"js","task":${JSON.stringify(fields.task)},"id":${id},"shadow":${textOrNull(fields.shadow)}` +
      `,"eta":${textOrNull(fields.etaText ?? instantText(fields.etaEpochMs))}` +
      `,"expires":${textOrNull(fields.expiresText ?? instantText(fields.expiresEpochMs))}` +
      `,"group":${textOrNull(fields.groupId)},"group_index":${String(groupIndex)}` +
      `,"retries":${String(fields.retries ?? 0)}` +
      `,"timelimit":[${String(timeLimitSeconds)},${String(softTimeLimitSeconds)}]` +
      `,"root_id":${fields.rootId === undefined ? id : JSON.stringify(fields.rootId)}` +
      `,"parent_id":${textOrNull(fields.parentId)}` +
      `,"argsrepr":${JSON.stringify(fields.argsrepr)},"kwargsrepr":${JSON.stringify(fields.kwargsrepr)}` +
      `,"origin":${JSON.stringify(fields.origin)},"ignore_result":${String(fields.ignoreResult ?? false)}` +
      `,"replaced_task_nesting":${String(fields.replacedTaskNesting ?? 0)}` +
      `,"stamped_headers":${JSON.stringify(fields.stampedHeaders ?? null)},"stamps":${tableText(fields.stamps)}` +
      (compression === null ? '' : `,"compression":${JSON.stringify(compression)}`) +
      `${customText(fields.customHeaders)}}`,
  );
}

function instantText(epochMs: number | null | undefined): string | null {
  return epochMs === null || epochMs === undefined ? null : formatInstant(epochMs);
}

function textOrNull(text: string | null | undefined): string {
  return text === null || text === undefined ? 'null' : JSON.stringify(text);
}

function tableText(table: HeaderTable | null | undefined): string {
  return table === null || table === undefined ? '{}' : HeaderBlock.fromTable(table).json;
}

/** Further members of the object, each with a comma before it. */
function customText(custom: HeaderTable | undefined): string {
  if (custom === undefined) return '';
  const names = Object.keys(custom);
  const taken = names.find((name) => KNOWN_HEADERS.has(name));
  if (taken !== undefined) throw new EncodeError(`header "${taken}" belongs to the task message; choose another name`);
  const members = tableText(custom).slice(1, -1);
  return members === '' ? '' : `,${members}`;
}
