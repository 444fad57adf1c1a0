/**
 * Bytes and text as they are (WIRE-25). A task message is never one of these, because its body is a list: they serve other
 * messages and results. kombu labels bytes `application/data` and text `text/plain`.
 */
import { EncodeError } from '../kernel/errors.js';
import type { Serializer } from '../ports/serializer.js';
import { decodeUtf8 } from './json-decode.js';
import { tooLongString } from './message-limits.js';

export const rawSerializer: Serializer = {
  name: 'raw',
  contentType: 'application/data',
  contentEncoding: 'binary',
  encode: (value) => {
    if (value instanceof Uint8Array) return Buffer.from(value);
    if (typeof value === 'string') return Buffer.from(value, 'utf8');
    throw new EncodeError('the serializer "raw" carries bytes or a text, nothing else (WIRE-25)');
  },
  decode: (bytes, limits) => {
    if (bytes.length > limits.maxStringBytes) throw tooLongString(limits);
    return Buffer.from(bytes);
  },
};

export const textSerializer: Serializer = {
  name: 'text',
  contentType: 'text/plain',
  contentEncoding: 'utf-8',
  encode: (value) => {
    if (typeof value === 'string') return Buffer.from(value, 'utf8');
    throw new EncodeError('the serializer "text" carries a text, nothing else (WIRE-25)');
  },
  decode: (bytes, limits) => {
    if (bytes.length > limits.maxStringBytes) throw tooLongString(limits);
    return decodeUtf8(bytes);
  },
};
