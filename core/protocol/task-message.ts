/**
 * Headers and properties of a protocol 2 task message → TaskMessage (protocol.md §1.1, §1.2, WIRE-02 to 06). Runs on the
 * host for every delivery, and in the member that runs it. It never looks at the body.
 */
import { ProtocolError } from '../kernel/errors.js';
import { keepHiddenClass } from '../kernel/hidden-class.js';
import type { HeaderBlock, HeaderTable, HeaderValue } from '../kernel/header-block.js';
import type { MessageProperties } from '../ports/transport.js';
import { isUsualTable, KNOWN_HEADERS, ORDERING_KEY_HEADER, parseUsualHeaders } from './task-headers.js';
import {
  checkHeaderTable,
  readBoolean,
  readCount,
  readId,
  readInstant,
  readName,
  readNames,
  readTable,
  readText,
  readTimeLimits,
} from './header-reader.js';

/** How headers are read; made once from the settings. */
export interface HeaderReading {
  /** `messageMaxHeaders`. */
  readonly maxHeaders: number;
  /** IANA zone of an eta or expiry without offset; null is UTC (WIRE-31). */
  readonly naiveZone: string | null;
}

/** The part of the settings that says how headers are read. */
export interface HeaderSettings {
  readonly messageMaxHeaders: number;
  readonly timezone: string | null;
  readonly enableUtc: boolean;
}

/** Celery reads a time without offset as UTC, unless `timezone` names another zone or `enableUtc` is off. */
export function headerReadingOf({ messageMaxHeaders, timezone, enableUtc }: HeaderSettings): HeaderReading {
  const local = enableUtc ? null : Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { maxHeaders: messageMaxHeaders, naiveZone: timezone ?? local };
}

const DEFAULT_HEADER_READING: HeaderReading = Object.freeze({ maxHeaders: 200, naiveZone: null });

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
  /** Tasks of one key run one after another in one worker. */
  readonly orderingKey: string | null;
  readonly correlationId: string | null;
  readonly replyTo: string | null;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly priority: number | null;

  constructor(table: HeaderTable, properties: MessageProperties, naiveZone: string | null = null) {
    this.#table = table;
    this.task = required(readName(table, 'task'), 'task');
    this.id = required(readId(table, 'id'), 'id');
    this.lang = readText(table, 'lang');
    this.shadow = readText(table, 'shadow');
    this.etaEpochMs = readInstant(table, 'eta', naiveZone);
    this.expiresEpochMs = readInstant(table, 'expires', naiveZone);
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
    this.orderingKey = readText(table, ORDERING_KEY_HEADER);
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
export function decodeTaskHeaders(
  headers: HeaderBlock,
  properties: MessageProperties,
  { maxHeaders, naiveZone }: HeaderReading = DEFAULT_HEADER_READING,
): TaskMessage {
  const table = headers.readWith(parseUsualHeaders);
  if (!isUsualTable(table, maxHeaders)) checkHeaderTable(table, maxHeaders);
  if (!Object.hasOwn(table, 'task')) {
    throw new ProtocolError('message has no header "task": protocol 1, or no task message', {
      reason: 'unknown-message',
    });
  }
  return new TaskMessage(table, properties, naiveZone);
}

function required(value: string | null, name: string): string {
  if (value === null) throw new ProtocolError(`message has no header "${name}"`, { reason: 'malformed-header' });
  return value;
}

const NO_PROPERTIES: MessageProperties = Object.freeze({
  ...{ correlationId: null, replyTo: null, contentType: '', contentEncoding: '' },
  ...{ deliveryMode: 2, priority: null, expirationMs: null },
});
keepHiddenClass(new TaskMessage({ task: 'none', id: 'none' }, NO_PROPERTIES));
