/**
 * How stored documents look when they are not plain JSON (BKE-21: `resultSerializer`, `resultCompression`), and what of
 * them is read (`resultAcceptContent`). A document does not say what it is: the settings do, as with Celery. Made by
 * `core/app` for writing and for reading; an app with the usual settings has none, and pays nothing.
 */
import { compressionNamed, decompressBody } from './compression.js';
import { decodeJson } from './json-decode.js';
import { jsonSerializer } from './json-serializer.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from './message-limits.js';
import { acceptedSerializer, serializerNamed } from './serializers.js';
import type { Compression } from '../ports/compression.js';
import type { Serializer } from '../ports/serializer.js';

/** The part of the settings that says how results are stored. */
export interface ResultFormatSettings {
  readonly resultSerializer: string;
  readonly resultCompression: string | null;
  /** What may be decoded: `resultAcceptContent`, which is `acceptContent` where it is not set. */
  readonly resultAcceptContent: readonly string[];
}

export class ResultFormat {
  readonly #serializer: Serializer;
  readonly #compression: Compression | null;
  readonly #accept: readonly string[];

  /** @throws ConfigError when there is no such serializer or compression. */
  constructor({ resultSerializer, resultCompression, resultAcceptContent }: ResultFormatSettings) {
    this.#serializer = serializerNamed(resultSerializer);
    this.#compression = resultCompression === null ? null : compressionNamed(resultCompression);
    this.#accept = resultAcceptContent;
  }

  /** The format of these settings; null for documents of plain JSON that may be read. @throws ConfigError */
  static of(settings: ResultFormatSettings): ResultFormat | null {
    const { resultSerializer, resultCompression, resultAcceptContent } = settings;
    const isPlain = resultSerializer === 'json' && resultCompression === null;
    return isPlain && acceptsJson(resultAcceptContent) ? null : new ResultFormat(settings);
  }

  /** @throws ConfigError when this process can only read the format: a worker shall say so before it runs tasks. */
  assertWritable(): void {
    this.encode(Buffer.from('{}'));
  }

  /**
   * The stored form of a document, or of a group, that was made as JSON.
   * @throws EncodeError when the serializer cannot carry a value of it; ProtocolError when it exceeds a limit of readers.
   */
  encode(json: Uint8Array): Uint8Array {
    const isJson = this.#serializer === jsonSerializer;
    const bytes = isJson ? json : this.#serializer.encode(decodeJson(json));
    return this.#compression === null ? bytes : this.#compression.compress(bytes);
  }

  /**
   * What a stored document holds. One that is plain JSON is read, too: it is older than the setting.
   * @throws ContentDisallowed before decoding when it may not be read; ProtocolError when it is not of this format.
   */
  decode(bytes: Uint8Array, limits: MessageLimits = DEFAULT_MESSAGE_LIMITS): unknown {
    if (this.#isOlder(bytes)) return decodeJson(bytes, limits);
    const serializer = acceptedSerializer(this.#serializer, { accept: this.#accept, serializers: [this.#serializer] });
    const compression = this.#compression;
    const written = compression === null ? bytes : decompressBody(bytes, compression.contentType, limits.maxBytes);
    // A result may hold a type that nobody here knows, unlike a call.
    return serializer === jsonSerializer ? decodeJson(written, limits) : serializer.decode(written, limits);
  }

  /** No binary format and no compression begins a mapping so. A text format may, and reads JSON by itself. */
  #isOlder(bytes: Uint8Array): boolean {
    const isBinary = this.#compression !== null || this.#serializer.contentEncoding === 'binary';
    return isBinary && bytes[0] === 0x7b /* { */ && bytes[1] === 0x22 /* " */ && acceptsJson(this.#accept);
  }
}

function acceptsJson(accept: readonly string[]): boolean {
  return accept.includes(jsonSerializer.name) || accept.includes(jsonSerializer.contentType);
}
