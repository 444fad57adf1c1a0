/**
 * Which serializer reads or writes a message (WIRE-29). A content type that is not accepted is refused before any
 * decoder sees a byte. Adding a format means adding it to the list.
 */
import { ConfigError, ContentDisallowed } from '../kernel/errors.js';
import type { Serializer } from '../ports/serializer.js';
import { jsonSerializer } from './json-serializer.js';

const BUILTIN_SERIALIZERS: readonly Serializer[] = [jsonSerializer];

/** What the properties of a message say about its body. */
export interface ContentDescription {
  readonly contentType: string;
  readonly contentEncoding: string;
}

export interface AcceptOptions {
  /** Names or content types (`acceptContent`). */
  readonly accept: readonly string[];
  /** @defaultValue BUILTIN_SERIALIZERS */
  readonly serializers?: readonly Serializer[];
}

/** Encodings whose bytes a decoder reads by itself, as kombu does; any other would be a text encoding we do not speak. */
const KNOWN_ENCODINGS: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'ascii',
  'us-ascii',
  'ascii-8bit',
  'binary',
  '',
]);

/**
 * The serializer of a name or content type, for settings.
 * @throws ConfigError when there is none.
 */
export function serializerNamed(name: string, serializers: readonly Serializer[] = BUILTIN_SERIALIZERS): Serializer {
  const found = serializers.find((serializer) => serializer.name === name || serializer.contentType === name);
  if (found !== undefined) return found;
  throw new ConfigError(`there is no serializer "${name}" (known: ${serializers.map((s) => s.name).join(', ')})`);
}

/**
 * The serializer that may decode an incoming body.
 * @throws ContentDisallowed when its content type is not accepted or its encoding not known.
 */
export function acceptedSerializer(
  { contentType, contentEncoding }: ContentDescription,
  { accept, serializers = BUILTIN_SERIALIZERS }: AcceptOptions,
): Serializer {
  const found = serializers.find((serializer) => serializer.contentType === contentType);
  if (found === undefined || !(accept.includes(found.name) || accept.includes(contentType))) {
    throw new ContentDisallowed(
      `content type ${quoteShort(contentType)} is not accepted (accepted: ${accept.join(', ') || 'none'})`,
    );
  }
  if (!KNOWN_ENCODINGS.has(contentEncoding) && !KNOWN_ENCODINGS.has(contentEncoding.toLowerCase())) {
    throw new ContentDisallowed(`content encoding ${quoteShort(contentEncoding)} is not known`);
  }
  return found;
}

/** What a stranger wrote, for a message: short and without control characters. */
function quoteShort(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
