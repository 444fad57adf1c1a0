/** What a reader takes at most (reliability.md §5.6); beyond it bytes are refused, where possible before a value exists. */
export interface DecodeLimits {
  /** Bytes of a message, and again of what they decompress to. */
  readonly maxBytes: number;
  /** Nested lists and mappings. */
  readonly maxDepth: number;
  /** Values, those inside others counted. */
  readonly maxNodes: number;
  /** Bytes of one text, counted as UTF-16 units where the format is text. */
  readonly maxStringBytes: number;
}

/**
 * Port to one wire format. Chosen by content type (core/protocol/serializers.ts), so that a format can be added
 * without touching a caller. Runs in clients and members; the host never decodes user data.
 */
export interface Serializer {
  /** Name in settings, for example `json`. */
  readonly name: string;
  /** MIME type in the message's properties. */
  readonly contentType: string;
  /** `utf-8` for text formats, `binary` for others. */
  readonly contentEncoding: string;
  /**
   * The bytes belong to the caller.
   * @throws EncodeError when the format cannot carry the value; the message names the path.
   */
  encode(value: unknown): Uint8Array;
  /**
   * `bytes` may lie in shared memory and are not kept.
   * @throws ProtocolError when they are not of this format or exceed its limits.
   */
  decode(bytes: Uint8Array, limits: DecodeLimits): unknown;
}
