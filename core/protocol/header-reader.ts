/**
 * Reads one value out of the headers of a message, which a stranger wrote: the declared type or ProtocolError that names
 * the header, never a TypeError further on (reliability.md M2, M8, M10, M11). Used by task-message.ts on the host.
 */
import { ProtocolError, type ProtocolReason } from '../kernel/errors.js';
import type { HeaderTable } from '../kernel/header-block.js';
import { isNaiveInstant, parseInstant } from './iso-instant.js';
import { epochMsOfLocal } from './naive-time.js';

/** Longest id in characters (reliability.md §5.6). */
const MAX_ID_LENGTH = 255;
/** Longest time limit, ten years: a larger one means none, and no timer counts so far (M11). */
const MAX_SECONDS = 315_360_000;
/** Longest of the other texts; the limit of all headers together (reliability.md §5.6). */
const MAX_TEXT_LENGTH = 64 * 1024;

/** Ids of tasks and groups (reliability.md §5.6): they become keys, names of files and words of logs. Celery's are UUIDs. */
const TASK_ID = /^[\w.:-]+$/;

/**
 * Characters that a name must not have: those that break lines of logs, keys and terminals, and halves of surrogate
 * pairs, which no store gives back. Python takes any other string for a task's name, and so do we.
 */
const NOT_IN_NAME = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** An id of a task or group, null when absent. */
export function readId(table: HeaderTable, name: string): string | null {
  const value = readText(table, name);
  if (value === null) return null;
  if (!isTaskId(value)) {
    throw bad(name, `an id of 1 to ${String(MAX_ID_LENGTH)} letters, digits, "_", ".", ":" and "-"`, 'bad-id');
  }
  return value;
}

/** Whether a worker takes it for an id of a task. */
function isTaskId(text: string): boolean {
  return text.length <= MAX_ID_LENGTH && TASK_ID.test(text);
}

/** A task's name, null when absent. */
export function readName(table: HeaderTable, name: string): string | null {
  const value = readText(table, name);
  if (value === null) return null;
  if (value.length === 0 || value.length > MAX_ID_LENGTH) {
    throw bad(name, `a name of 1 to ${String(MAX_ID_LENGTH)} characters`, 'bad-id');
  }
  if (!TASK_ID.test(value) && NOT_IN_NAME.test(value)) throw bad(name, 'a name without control characters', 'bad-id');
  return value;
}

/** A text, null when absent. */
export function readText(table: HeaderTable, name: string): string | null {
  const value = own(table, name);
  if (value === null) return null;
  if (typeof value !== 'string') throw bad(name, 'a string');
  if (value.length > MAX_TEXT_LENGTH)
    throw bad(name, `at most ${String(MAX_TEXT_LENGTH)} characters long`, 'too-large-headers');
  return value;
}

/** A count or position from 0, null when absent. */
export function readCount(table: HeaderTable, name: string): number | null {
  const value = own(table, name);
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw bad(name, 'an integer from 0', 'bad-number');
  return value;
}

export function readBoolean(table: HeaderTable, name: string): boolean | null {
  const value = own(table, name);
  if (value === null || typeof value === 'boolean') return value;
  throw bad(name, 'a boolean');
}

/**
 * An ISO 8601 instant in epoch ms, null when absent or empty. A number is refused, as in Python.
 * @param naiveZone IANA zone of a text without offset; null is UTC.
 */
export function readInstant(table: HeaderTable, name: string, naiveZone: string | null): number | null {
  const value = own(table, name);
  // Nearly all: small enough to stand in the caller.
  return value === null || value === '' ? null : instantOf(value, name, naiveZone);
}

function instantOf(value: HeaderTable[string], name: string, naiveZone: string | null): number {
  const epochMs = typeof value === 'string' ? parseInstant(value) : null;
  if (epochMs === null) throw bad(name, 'an ISO 8601 instant', 'bad-time');
  const isLocal = naiveZone !== null && isNaiveInstant(value as string);
  return isLocal ? epochMsOfLocal(epochMs, naiveZone) : epochMs;
}

/** `[hard, soft]` in seconds; 0 and null mean that the task's own limit counts. */
export function readTimeLimits(table: HeaderTable, name: string): readonly [number | null, number | null] {
  const value = own(table, name);
  if (value === null) return NO_LIMITS;
  if (!Array.isArray(value) || value.length !== 2) throw bad(name, 'a pair [hard, soft]');
  const hard = seconds(value[0], name);
  const soft = seconds(value[1], name);
  return hard === null && soft === null ? NO_LIMITS : [hard, soft];
}

const NO_LIMITS: readonly [null, null] = [null, null];

function seconds(value: unknown, name: string): number | null {
  if (value === null || value === 0) return null;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw bad(name, 'a pair of seconds from 0', 'bad-number');
  }
  return Math.min(value, MAX_SECONDS);
}

/** A list of names, null when absent. */
export function readNames(table: HeaderTable, name: string): readonly string[] | null {
  const value = own(table, name);
  if (value === null) return null;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw bad(name, 'a list of strings');
  return value;
}

/** A mapping, null when absent. */
export function readTable(table: HeaderTable, name: string): HeaderTable | null {
  const value = own(table, name);
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) throw bad(name, 'a mapping');
  return value as HeaderTable;
}

/** What the message itself says: a name that only `Object.prototype` has is absent. */
function own(table: HeaderTable, name: string): (HeaderTable[string] & {}) | null {
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}

function bad(name: string, expected: string, reason: ProtocolReason = 'malformed-header'): ProtocolError {
  return new ProtocolError(`header "${name}" is not ${expected}`, { reason });
}

/** Nested lists and mappings in one header; what needs more is no header. */
const MAX_DEPTH = 16;

/**
 * Number and nesting of headers: a value of sixty thousand brackets fits the bytes, and writing it again would overflow
 * the stack.
 * @throws ProtocolError
 */
export function checkHeaderTable(table: HeaderTable, maxHeaders: number): void {
  let count = 0;
  for (const name in table) {
    count++;
    const value = table[name];
    if (typeof value === 'object' && value !== null) checkDepth(value, MAX_DEPTH, name);
  }
  if (count > maxHeaders) {
    throw new ProtocolError(`message has more than ${String(maxHeaders)} headers`, { reason: 'too-many-headers' });
  }
}

function checkDepth(value: object, depth: number, name: string): void {
  if (depth === 0) throw bad(name, `nested at most ${String(MAX_DEPTH)} deep`, 'too-deep');
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const item of items) {
    if (typeof item === 'object' && item !== null) checkDepth(item, depth - 1, name);
  }
}
