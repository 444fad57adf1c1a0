/** The JSON serializer, default everywhere (WIRE-20). */
import type { Serializer } from '../ports/serializer.js';
import { decodeJson, DEFAULT_JSON_LIMITS, type JsonLimits } from './json-decode.js';
import { encodeJson, type JsonEncodeOptions } from './json-encode.js';

export interface JsonSerializerOptions extends JsonEncodeOptions {
  readonly limits?: JsonLimits;
}

export function createJsonSerializer(options: JsonSerializerOptions = {}): Serializer {
  const limits = options.limits ?? DEFAULT_JSON_LIMITS;
  return {
    name: 'json',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    encode: (value) => Buffer.from(encodeJson(value, options), 'utf8'),
    decode: (bytes) => decodeJson(bytes, limits),
  };
}

export const jsonSerializer: Serializer = createJsonSerializer();
