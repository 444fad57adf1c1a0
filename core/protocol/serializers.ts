/**
 * Which serializer reads or writes a message (WIRE-29). A content type that is not accepted is refused before any
 * decoder sees a byte. Host, members and clients; the host asks only whether a body may be read.
 */
import { createRequire } from 'node:module';
import { ConfigError, ContentDisallowed } from '../kernel/errors.js';
import type { Serializer } from '../ports/serializer.js';
import { jsonSerializer } from './json-serializer.js';
import type * as RareFormats from './rare-formats.js';

/** All but JSON, which is here without being loaded. */
function rareSerializers(): readonly Serializer[] {
  rare ??= (createRequire(import.meta.url)('./rare-formats.js') as typeof RareFormats).RARE_SERIALIZERS;
  return rare;
}

let rare: readonly Serializer[] | null = null;

/** Of this thread: formats that the application has added (WIRE-26). They come before those of ours. */
const registered: Serializer[] = [];

/** What the properties and headers of a message say about its body. */
export interface ContentDescription {
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Header `compression`: a MIME type or an alias; null or absent when the body is as the serializer wrote it. */
  readonly compression?: string | null;
}

export interface AcceptOptions {
  /** Names or content types (`acceptContent`). */
  readonly accept: readonly string[];
  /** @defaultValue those registered in this thread, then the built-in ones */
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
 * Adds a format of the application, in this thread: a module that tasks import registers it in every member, and in the
 * client that imports it (WIRE-26). A format of the same name or content type is replaced.
 * @returns a function that takes the registration back.
 * @throws ConfigError when name or content type is missing.
 */
export function registerSerializer(serializer: Serializer): () => void {
  if (serializer.name === '' || serializer.contentType === '') {
    throw new ConfigError('a serializer needs a name and a content type (WIRE-26)');
  }
  registered.unshift(serializer);
  return () => {
    const at = registered.indexOf(serializer);
    if (at !== -1) registered.splice(at, 1);
  };
}

/**
 * The serializer of a name or content type, for settings.
 * @throws ConfigError when there is none.
 */
export function serializerNamed(name: string, serializers?: readonly Serializer[]): Serializer {
  if (name === 'json' && registered.length === 0 && serializers === undefined) return jsonSerializer;
  const known = serializers ?? [...registered, jsonSerializer, ...rareSerializers()];
  const found = known.find((serializer) => serializer.name === name || serializer.contentType === name);
  if (found !== undefined) return found;
  throw new ConfigError(`there is no serializer "${name}" (known: ${known.map((s) => s.name).join(', ')})`);
}

/**
 * The serializer that may decode an incoming body.
 * @throws ContentDisallowed when its content type is not accepted or its encoding not known.
 */
export function acceptedSerializer(
  { contentType, contentEncoding }: ContentDescription,
  { accept, serializers }: AcceptOptions,
): Serializer {
  const found = serializers === undefined ? findSerializer(contentType) : find(serializers, contentType);
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

function findSerializer(contentType: string): Serializer | undefined {
  if (registered.length > 0) {
    const own = find(registered, contentType);
    if (own !== undefined) return own;
  }
  return contentType === jsonSerializer.contentType ? jsonSerializer : find(rareSerializers(), contentType);
}

function find(serializers: readonly Serializer[], contentType: string): Serializer | undefined {
  return serializers.find((serializer) => serializer.contentType === contentType);
}

/** What a stranger wrote, for a message: short and without control characters. */
export function quoteShort(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
