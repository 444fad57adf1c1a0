/**
 * Body of a protocol 2 task message: `[args, kwargs, embed]` (protocol.md §1.3, WIRE-01). Written by clients and
 * members, read by members only; the host never calls this.
 */
import { ProtocolError } from '../kernel/errors.js';
import { compressionNamed, decompressBody } from './compression.js';
import { decodeJson } from './json-decode.js';
import { encodeJson } from './json-encode.js';
import { jsonSerializer } from './json-serializer.js';
import { DEFAULT_MESSAGE_LIMITS, tooLarge, type MessageLimits } from './message-limits.js';
import { acceptedSerializer, serializerNamed, type AcceptOptions, type ContentDescription } from './serializers.js';

/** A signature as JSON data (protocol.md §2.1), or what a stranger wrote in its place. */
export type SignatureData = Readonly<Record<string, unknown>>;

/** What travels with a call beside its arguments. Only these four keys are ever read (reliability.md M12). */
export interface Embed {
  readonly callbacks: readonly SignatureData[] | null;
  readonly errbacks: readonly SignatureData[] | null;
  /** Reversed: the last element runs next. Empty and null mean the same. */
  readonly chain: readonly SignatureData[] | null;
  readonly chord: SignatureData | null;
}

export interface TaskBody {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
}

export const EMPTY_EMBED: Embed = Object.freeze({ callbacks: null, errbacks: null, chain: null, chord: null });

const EMPTY_EMBED_JSON = encodeJson(EMPTY_EMBED);

/** Callbacks, errbacks or chain steps of one message (reliability.md §5.6 and M13). */
const MAX_SIGNATURES = 10_000;

/**
 * A body as JSON, the default format. The bytes belong to the caller.
 * @throws EncodeError naming the path when an argument cannot be carried.
 */
export function encodeBody(
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  embed: Embed = EMPTY_EMBED,
): Uint8Array {
  const embedJson = embed === EMPTY_EMBED ? EMPTY_EMBED_JSON : encodeJson(embed);
  return Buffer.from(`[${encodeJson(args)},${encodeJson(kwargs)},${embedJson}]`, 'utf8');
}

/** How a body shall travel: names of settings or calls. */
export interface BodyFormat {
  readonly serializer: string;
  /** null leaves the body as the serializer wrote it. */
  readonly compression: string | null;
}

/** A body with what its message says about it. */
export interface EncodedBody {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Value of the header `compression`, a MIME type; null for no header. */
  readonly compression: string | null;
}

/**
 * A body in the format that a call or a setting names. The bytes belong to the caller.
 * @throws ConfigError when there is no such format; EncodeError when it cannot carry an argument.
 */
export function encodeTaskBody({ args, kwargs, embed }: TaskBody, format: BodyFormat): EncodedBody {
  const serializer = serializerNamed(format.serializer);
  const { contentType, contentEncoding } = serializer;
  const body =
    serializer === jsonSerializer ? encodeBody(args, kwargs, embed) : serializer.encode([args, kwargs, embed]);
  if (format.compression === null) return { body, contentType, contentEncoding, compression: null };
  const compression = compressionNamed(format.compression);
  return { body: compression.compress(body), contentType, contentEncoding, compression: compression.contentType };
}

export interface DecodeOptions extends AcceptOptions {
  /** @defaultValue DEFAULT_MESSAGE_LIMITS */
  readonly limits?: MessageLimits;
}

/**
 * @param bytes may lie in shared memory; nothing of the result refers to them.
 * @param content of the message, its header `compression` included: a TaskMessage is one.
 * @throws ContentDisallowed before decoding when the content type is not accepted.
 * @throws ProtocolError when the bytes are not a protocol 2 body.
 */
export function decodeBody(bytes: Uint8Array, content: ContentDescription, options: DecodeOptions): TaskBody {
  const value = decodeContent(bytes, content, options);
  if (!Array.isArray(value)) {
    // A hybrid: headers of protocol 2, whose values win, around the mapping of protocol 1 (WIRE-06).
    if (isTable(value) && Object.hasOwn(value, 'args')) return bodyOfMapping(value);
    throw badBody('body is not a list [args, kwargs, embed]');
  }
  if (value.length !== 3) throw badBody(`body has ${String(value.length)} elements, not [args, kwargs, embed]`);
  const [args, kwargs, embed] = value as readonly unknown[];
  if (!Array.isArray(args)) throw badBody('args in the body is not a list');
  if (!isTable(kwargs)) throw badBody('kwargs in the body is not a mapping');
  return { args: args as readonly unknown[], kwargs, embed: decodeEmbed(embed) };
}

/**
 * What a body holds, before it is taken for anything.
 * @throws ContentDisallowed, ProtocolError as `decodeBody`.
 */
export function decodeContent(bytes: Uint8Array, content: ContentDescription, options: DecodeOptions): unknown {
  const { limits = DEFAULT_MESSAGE_LIMITS } = options;
  const { compression = null } = content;
  const serializer = acceptedSerializer(content, options);
  if (bytes.length > limits.maxBytes) throw tooLarge(`a body of ${String(bytes.length)} bytes`, limits);
  const isPlain = compression === null || compression === '';
  const written = isPlain ? bytes : decompressBody(bytes, compression, limits.maxBytes);
  // A call, unlike a result, is refused when it holds a type that nobody here knows (reliability.md M9).
  return serializer === jsonSerializer ? decodeJson(written, limits, 'refuse') : serializer.decode(written, limits);
}

/** Body of protocol 1, whose chain lies in its callbacks. `args` and `kwargs` may be missing there (protocol.md §1.7). */
export function bodyOfMapping(mapping: SignatureData): TaskBody {
  const args = Object.hasOwn(mapping, 'args') ? mapping['args'] : [];
  const kwargs = Object.hasOwn(mapping, 'kwargs') ? mapping['kwargs'] : {};
  if (!Array.isArray(args)) throw badBody('args in the body is not a list');
  if (!isTable(kwargs)) throw badBody('kwargs in the body is not a mapping');
  const { callbacks = null, errbacks = null, chord = null } = mapping;
  return { args: args as readonly unknown[], kwargs, embed: decodeEmbed({ callbacks, errbacks, chord }) };
}

function badBody(message: string): ProtocolError {
  return new ProtocolError(message, { reason: 'malformed-body' });
}

function decodeEmbed(embed: unknown): Embed {
  if (embed === null) return EMPTY_EMBED;
  if (!isTable(embed)) throw badBody('embed in the body is not a mapping');
  const callbacks = signatures(embed, 'callbacks');
  const errbacks = signatures(embed, 'errbacks');
  const chain = signatures(embed, 'chain');
  const chord = Object.hasOwn(embed, 'chord') ? (embed['chord'] ?? null) : null;
  if (chord !== null && !isTable(chord)) throw badBody('embed.chord is not a signature');
  if (callbacks === null && errbacks === null && chain === null && chord === null) return EMPTY_EMBED;
  return { callbacks, errbacks, chain, chord };
}

function signatures(embed: SignatureData, name: string): readonly SignatureData[] | null {
  const list = Object.hasOwn(embed, name) ? embed[name] : null;
  if (list === null || list === undefined) return null;
  if (!Array.isArray(list)) throw badBody(`embed.${name} is not a list of signatures`);
  if (list.length > MAX_SIGNATURES) {
    throw new ProtocolError(`embed.${name} holds more than ${String(MAX_SIGNATURES)} signatures`, {
      reason: 'too-many-signatures',
    });
  }
  for (const item of list) if (!isTable(item)) throw badBody(`embed.${name} holds what is not a signature`);
  return list as readonly SignatureData[];
}

/** A JSON object, not a typed value that a marker became. */
export function isTable(value: unknown): value is SignatureData {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
