/** From the text of an option to its value; what cannot be read is refused with the reason (exit code 2). */
import { InvalidArgumentError } from 'commander';
import { ProtocolError } from '../core/kernel/errors.js';
import { parseInstant } from '../core/protocol/iso-instant.js';
import { decodeJson } from '../core/protocol/json-decode.js';

/** Levels as Celery names them (CLI-23) → as the logger names them. */
const LOG_LEVELS = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
  FATAL: 'fatal',
} as const;
export type LogLevelName = (typeof LOG_LEVELS)[keyof typeof LOG_LEVELS];

export function parseLogLevel(text: string): LogLevelName {
  const level = Object.entries(LOG_LEVELS).find(([name]) => name === text.toUpperCase());
  if (level === undefined) throw new InvalidArgumentError('It is one of DEBUG, INFO, WARNING, ERROR, CRITICAL.');
  return level[1];
}

/** A whole number of at least `min`. */
export function parseCount(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const range =
      max === Number.MAX_SAFE_INTEGER ? `of at least ${String(min)}` : `from ${String(min)} to ${String(max)}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** Seconds, fractions allowed. */
export function parseSeconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It must be a number of seconds.');
  }
  return value;
}

/** `10,3` and `3,10` → between 3 and 10; `10` → between 0 and 10 (CLI-39). */
export function parseAutoscale(text: string): { readonly min: number; readonly max: number } {
  const [, first, second = '0'] = /^(\d+)(?:,(\d+))?$/.exec(text) ?? [];
  const max = Math.max(Number(first), Number(second));
  if (first === undefined || max < 1) throw new InvalidArgumentError('It must be numbers of threads, as 10,3.');
  return { min: Math.min(Number(first), Number(second)), max };
}

/** `a,b` → `['a', 'b']`. */
export function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes(''))
    throw new InvalidArgumentError('It must be names with commas between them, as celery,images.');
  return names;
}

export function parseEta(text: string): Date {
  const epochMs = parseInstant(text);
  if (epochMs === null) throw new InvalidArgumentError('It must be an ISO 8601 instant, as 2030-01-31T12:00:00Z.');
  return new Date(epochMs);
}

/** Seconds from now, or an instant. */
export function parseExpires(text: string): number | Date {
  return /^[\d.]+$/.test(text) ? parseSeconds(text) : parseEta(text);
}

/** kombu's JSON, so that big integers and typed values reach the task as they were written. */
export function parseJsonList(text: string): readonly unknown[] {
  const value = parseJson(text);
  if (!Array.isArray(value)) throw new InvalidArgumentError("It must be a JSON array, as '[2, 3]'.");
  return value;
}

export function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new InvalidArgumentError(`It must be a JSON object, as '{"width": 640}'.`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function parseJson(text: string): unknown {
  try {
    return decodeJson(text);
  } catch (error) {
    if (error instanceof ProtocolError) throw new InvalidArgumentError(pointAt(text, error.message));
    throw error;
  }
}

/** Shows the place: `… at position 5: [1,2,▶}]`. */
function pointAt(text: string, message: string): string {
  const position = /at position (\d+)$/.exec(message)?.[1];
  if (position === undefined) return `${message}.`;
  const at = Number(position);
  return `${message}: ${text.slice(Math.max(0, at - 20), at)}▶${text.slice(at, at + 20)}`;
}
