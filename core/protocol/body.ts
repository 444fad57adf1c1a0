/**
 * Body of a protocol 2 task message: `[args, kwargs, embed]` (protocol.md §1.3, WIRE-01). Written by clients and
 * members, read by members only; the host never calls this.
 */
import { ProtocolError } from '../kernel/errors.js';
import type { Serializer } from '../ports/serializer.js';
import { encodeJson } from './json-encode.js';
import { acceptedSerializer, type AcceptOptions, type ContentDescription } from './serializers.js';

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

/** A body in any other format. */
export function encodeBodyWith(serializer: Serializer, { args, kwargs, embed }: TaskBody): Uint8Array {
  return serializer.encode([args, kwargs, embed]);
}

/**
 * @param bytes may lie in shared memory; nothing of the result refers to them.
 * @throws ContentDisallowed before decoding when the content type is not accepted.
 * @throws ProtocolError when the bytes are not a protocol 2 body.
 */
export function decodeBody(bytes: Uint8Array, content: ContentDescription, options: AcceptOptions): TaskBody {
  const value = acceptedSerializer(content, options).decode(bytes);
  if (!Array.isArray(value)) {
    throw new ProtocolError(
      isTable(value) && ('task' in value || 'args' in value)
        ? 'body is a protocol 1 mapping; only protocol 2, [args, kwargs, embed], is read'
        : 'body is not a list [args, kwargs, embed]',
    );
  }
  if (value.length !== 3)
    throw new ProtocolError(`body has ${String(value.length)} elements, not [args, kwargs, embed]`);
  const [args, kwargs, embed] = value as readonly unknown[];
  if (!Array.isArray(args)) throw new ProtocolError('args in the body is not a list');
  if (!isTable(kwargs)) throw new ProtocolError('kwargs in the body is not a mapping');
  return { args: args as readonly unknown[], kwargs, embed: decodeEmbed(embed) };
}

function decodeEmbed(embed: unknown): Embed {
  if (embed === null) return EMPTY_EMBED;
  if (!isTable(embed)) throw new ProtocolError('embed in the body is not a mapping');
  const callbacks = signatures(embed, 'callbacks');
  const errbacks = signatures(embed, 'errbacks');
  const chain = signatures(embed, 'chain');
  const chord = embed['chord'] ?? null;
  if (chord !== null && !isTable(chord)) throw new ProtocolError('embed.chord is not a signature');
  if (callbacks === null && errbacks === null && chain === null && chord === null) return EMPTY_EMBED;
  return { callbacks, errbacks, chain, chord };
}

function signatures(embed: SignatureData, name: string): readonly SignatureData[] | null {
  const list = Object.hasOwn(embed, name) ? embed[name] : null;
  if (list === null) return null;
  if (!Array.isArray(list)) throw new ProtocolError(`embed.${name} is not a list of signatures`);
  if (list.length > MAX_SIGNATURES) {
    throw new ProtocolError(`embed.${name} holds more than ${String(MAX_SIGNATURES)} signatures`);
  }
  for (const item of list) if (!isTable(item)) throw new ProtocolError(`embed.${name} holds what is not a signature`);
  return list as readonly SignatureData[];
}

/** A JSON object, not a typed value that a marker became. */
function isTable(value: unknown): value is SignatureData {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
