/** The JSON serializer, default everywhere (WIRE-20). */
import type { Serializer } from '../ports/serializer.js';
import { decodeJson } from './json-decode.js';
import { encodeJson } from './json-encode.js';

export const jsonSerializer: Serializer = {
  name: 'json',
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  encode: (value) => Buffer.from(encodeJson(value), 'utf8'),
  decode: (bytes, limits) => decodeJson(bytes, limits),
};
