/**
 * Task messages of protocol 1 (WIRE-06, WIRE-07, protocol.md §1.7): one mapping as body and no task headers. Read always,
 * written only with `taskProtocol: 1`. Cold path, on the host and in clients: the one place where a host decodes a body.
 */
import { ProtocolError } from '../kernel/errors.js';
import type { HeaderBlock, HeaderTable, HeaderValue } from '../kernel/header-block.js';
import {
  bodyOfMapping,
  decodeContent,
  isTable,
  type BodyFormat,
  type DecodeOptions,
  type EncodedBody,
  type SignatureData,
  type TaskBody,
} from './body.js';
import { compressionNamed } from './compression.js';
import { readText } from './header-reader.js';
import { formatInstant, isNaiveInstant } from './iso-instant.js';
import { argsRepr, kwargsRepr } from './python-repr.js';
import { acceptedSerializer, serializerNamed, type ContentDescription } from './serializers.js';
import type { TaskHeaderFields } from './task-headers.js';

/** What a delivery brings. */
export interface MessageParts {
  readonly headers: HeaderBlock;
  readonly properties: Pick<ContentDescription, 'contentType' | 'contentEncoding'>;
  readonly body: Uint8Array;
}

/** The same task as a message of protocol 2; all its other properties are those of the delivery. */
export interface UpgradedMessage {
  readonly headers: HeaderTable;
  /** In the format in which it came, without compression. */
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string;
}

/** Fields of the mapping that are headers in protocol 2, in Python's order; `taskset` overrides `group`. */
const HEADER_FIELDS = ['lang', 'task', 'id', 'shadow', 'eta', 'expires', 'group', 'group_index', 'retries'] as const;
const MORE_HEADER_FIELDS = ['timelimit', 'root_id', 'parent_id', 'origin', 'ignore_result'] as const;

/**
 * Protocol 2 of a message that has no header `task`, or has one but no `lang`, which only a hybrid lacks.
 * @returns null when the body is one of protocol 2 already.
 * @throws ContentDisallowed, ProtocolError; reason `unknown-message` when it is no task message at all.
 */
export function upgradeMessageV1(parts: MessageParts, options: DecodeOptions): UpgradedMessage | null {
  const { headers, properties } = parts;
  const { contentType, contentEncoding } = properties;
  const table = headers.table;
  const isHybrid = Object.hasOwn(table, 'task');
  const value = decodeContent(
    parts.body,
    { contentType, contentEncoding, compression: readText(table, 'compression') },
    options,
  );
  if (isHybrid && Array.isArray(value)) return null;
  if (!isTable(value) || !(isHybrid ? Object.hasOwn(value, 'args') : Object.hasOwn(value, 'task'))) {
    throw new ProtocolError('neither the headers nor the body name a task: not a task message', {
      reason: 'unknown-message',
    });
  }
  const body = bodyOfMapping(value);
  const serializer = acceptedSerializer(properties, options);
  return {
    headers: { ...headersOfMapping(value, body), ...withoutCompression(table) },
    body: serializer.encode([body.args, body.kwargs, body.embed]),
    contentType,
    contentEncoding,
  };
}

/** What decodeTaskHeaders then checks as it checks any header. */
function headersOfMapping(mapping: SignatureData, body: TaskBody): HeaderTable {
  const headers: Record<string, HeaderValue> = {};
  for (const name of [...HEADER_FIELDS, ...MORE_HEADER_FIELDS]) {
    if (Object.hasOwn(mapping, name)) headers[name] = mapping[name] as HeaderValue;
  }
  // `utc` says what a time without offset means; in protocol 2 that is the reader's zone.
  if (mapping['utc'] !== false) {
    for (const name of ['eta', 'expires']) if (name in headers) headers[name] = withOffset(headers[name] ?? null);
  }
  const taskset = Object.hasOwn(mapping, 'taskset') ? (mapping['taskset'] ?? null) : null;
  if (taskset !== null) headers['group'] = taskset as HeaderValue;
  headers['argsrepr'] = argsRepr(body.args);
  headers['kwargsrepr'] = kwargsRepr(body.kwargs);
  return headers;
}

function withOffset(instant: HeaderValue): HeaderValue {
  const isNaive = typeof instant === 'string' && instant.length > 10 && isNaiveInstant(instant);
  return isNaive ? `${instant}+00:00` : instant;
}

function withoutCompression(table: HeaderTable): HeaderTable {
  const { compression, ...rest } = table;
  return compression === undefined ? table : rest;
}

/** What of a task's fields protocol 1 knows. */
export type TaskFieldsV1 = Pick<
  TaskHeaderFields,
  | 'task'
  | 'id'
  | 'etaEpochMs'
  | 'expiresEpochMs'
  | 'etaText'
  | 'expiresText'
  | 'groupId'
  | 'groupIndex'
  | 'retries'
  | 'timeLimitSeconds'
  | 'softTimeLimitSeconds'
>;

/**
 * The body of a protocol 1 message, which has no headers but those of the application and `compression`. A chain must
 * have become nested callbacks before: protocol 1 has no place for it.
 * @throws ConfigError, EncodeError as `encodeTaskBody`.
 */
export function encodeMessageV1(fields: TaskFieldsV1, body: TaskBody, format: BodyFormat): EncodedBody {
  const serializer = serializerNamed(format.serializer);
  const { args, kwargs, embed } = body;
  const { groupId = null, groupIndex = null, retries = 0 } = fields;
  const bytes = serializer.encode({
    task: fields.task,
    id: fields.id,
    args,
    kwargs,
    group: groupId,
    group_index: groupIndex,
    retries,
    eta: fields.etaText ?? instantText(fields.etaEpochMs),
    expires: fields.expiresText ?? instantText(fields.expiresEpochMs),
    utc: true,
    callbacks: embed.callbacks,
    errbacks: embed.errbacks,
    timelimit: [fields.timeLimitSeconds ?? null, fields.softTimeLimitSeconds ?? null],
    taskset: groupId,
    chord: embed.chord,
  });
  const { contentType, contentEncoding } = serializer;
  if (format.compression === null) return { body: bytes, contentType, contentEncoding, compression: null };
  const compression = compressionNamed(format.compression);
  return { body: compression.compress(bytes), contentType, contentEncoding, compression: compression.contentType };
}

function instantText(epochMs: number | null | undefined): string | null {
  return epochMs === null || epochMs === undefined ? null : formatInstant(epochMs);
}
