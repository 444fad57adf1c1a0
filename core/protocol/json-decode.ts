/**
 * kombu's JSON → values (protocol.md §3.2). Runs in members and clients, for every body and result.
 *
 * One scan over the text checks depth and node limits before anything is built, and tells whether `JSON.parse` would be
 * exact. It is, for nearly every message; otherwise parseExactJson reads the text, and markers are replaced afterwards.
 *
 * Keys of any name are harmless: `__proto__` becomes an own property, `Object.prototype` is never touched. A `then` key
 * cannot make a value a thenable, because `await` calls `then` only if it is a function, and JSON has none.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { ProtocolError } from '../kernel/errors.js';
import { reviveMarkers, type UnknownTypes } from './json-marker.js';
import { findStringEnd, parseExactJson } from './json-parser.js';
import { DEFAULT_MESSAGE_LIMITS, tooDeep, tooLongString, tooManyValues, type MessageLimits } from './message-limits.js';

/** Digits from which an integer may not be safe: 2^53 has 16. */
const UNSAFE_DIGITS = 16;

/** Escaped letters of `__type__`, which nobody writes but somebody who hides a marker. */
const HIDDEN_MARKER = /\\u00(?:5[fF]|6[5]|7[049])/;

/**
 * @param input text, or its UTF-8 bytes, which may lie in shared memory.
 * @throws ProtocolError when it is not JSON or exceeds a limit.
 */
export function decodeJson(
  input: string | Uint8Array,
  limits: MessageLimits = DEFAULT_MESSAGE_LIMITS,
  unknownTypes: UnknownTypes = 'keep',
): unknown {
  if (input.length > limits.maxBytes) {
    throw new ProtocolError(`JSON of ${String(input.length)} bytes exceeds the limit of ${String(limits.maxBytes)}`, {
      reason: 'too-large',
    });
  }
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  const value = parse(text, scan(text, limits));
  const mayHoldMarkers = text.includes('__type__') || (text.includes('\\u00') && HIDDEN_MARKER.test(text));
  return mayHoldMarkers ? reviveMarkers(value, unknownTypes) : value;
}

function parse(text: string, isExact: boolean): unknown {
  if (!isExact) return parseExactJson(text);
  try {
    return JSON.parse(text);
  } catch {
    // Python's NaN and Infinity, or no JSON at all: the exact parser reads the one and names the place of the other.
    return parseExactJson(text);
  }
}

/** @throws ProtocolError when the bytes are not UTF-8: replacement characters would change the data silently. */
export function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer)) return buffer.toString('latin1');
  if (!isUtf8(buffer)) throw new ProtocolError('text is not valid UTF-8', { reason: 'bad-text' });
  return buffer.toString('utf8');
}

/** Checks the limits; answers whether `JSON.parse` loses nothing. Strings are skipped at the speed of `indexOf`. */
function scan(text: string, limits: MessageLimits): boolean {
  let depth = 0;
  let nodes = 1;
  let isExact = true;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22 /* " */) {
      const end = findStringEnd(text, i);
      if (end === -1) break;
      if (end - i > limits.maxStringBytes) throw tooLongString(limits);
      i = end;
    } else if (c === 0x2c /* , */) nodes++;
    else if (c === 0x5b /* [ */ || c === 0x7b /* { */) {
      nodes++;
      if (++depth > limits.maxDepth) throw tooDeep(limits);
    } else if (c === 0x5d /* ] */ || c === 0x7d /* } */) depth--;
    else if (c >= 0x30 && c <= 0x39) {
      const end = skipDigits(text, i);
      if (end - i >= UNSAFE_DIGITS && isInteger(text, i, end)) isExact = false;
      i = end - 1;
    }
  }
  if (nodes > limits.maxNodes) throw tooManyValues(limits);
  return isExact;
}

function skipDigits(text: string, start: number): number {
  let end = start + 1;
  for (;;) {
    const c = text.charCodeAt(end);
    if (!(c >= 0x30 && c <= 0x39)) return end;
    end++;
  }
}

/** Whether the digits from `start` to `end` are a whole number, not part of a fraction or exponent. */
function isInteger(text: string, start: number, end: number): boolean {
  const before = text[start - 1];
  const after = text[end];
  return before !== '.' && after !== '.' && after !== 'e' && after !== 'E';
}
