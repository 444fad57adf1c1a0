/**
 * Names and types of task options: what `resolve-task-options.ts` accepts. Celery's spelling becomes ours, a name that is
 * neither is refused with what was probably meant. No I/O; wherever a task module is loaded.
 */
import { inspect } from 'node:util';
import { ConfigError } from '../kernel/errors.js';
import { parseRateLimit } from '../kernel/rate-limit.js';
import { nearMiss } from '../kernel/near-miss.js';
import { toSnakeCase } from '../settings/setting-name.js';
import { isStandardSchema } from './standard-schema.js';
import type { NamedTaskOptions } from './task-options.js';

/** [check, words that complete "must be …"]. */
type OptionKind = readonly [isValid: (value: unknown) => boolean, words: string];

const BOOLEAN: OptionKind = [(value) => typeof value === 'boolean', 'true or false'];
const TEXT: OptionKind = [(value) => typeof value === 'string' && value !== '', 'a string'];
const QUANTITY: OptionKind = [isQuantity, 'a number from 0'];
const COUNT: OptionKind = [(value) => Number.isInteger(value) && Number(value) >= 1, 'a whole number from 1'];
const QUANTITY_OR_NULL: OptionKind = [(value) => value === null || isQuantity(value), 'a number from 0, or null'];
const QUANTITY_OR_BOOLEAN: OptionKind = [
  (value) => typeof value === 'boolean' || isQuantity(value),
  'a number from 0, true or false',
];
const SECONDS_OR_DATE: OptionKind = [
  (value) => isQuantity(value) || (value instanceof Date && !Number.isNaN(value.getTime())),
  'a number of seconds from 0, or a Date',
];
const NAMES: OptionKind = [
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  'a list of strings',
];
// An undefined class, from a cycle of imports, would otherwise be met by the first error of the task.
const ERRORS: OptionKind = [
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'function' || TEXT[0](item)),
  'a list of error classes or names of them',
];
const FUNCTION: OptionKind = [(value) => typeof value === 'function', 'a function'];
const RATE: OptionKind = [isRate, 'a rate: 10, "10/s", "10/m" or "10/h"'];
const DELIVERY_MODE: OptionKind = [
  (value) => value === 1 || value === 2 || value === 'transient' || value === 'persistent',
  '1 (transient) or 2 (persistent)',
];
const RETRY_KWARGS: OptionKind = [isRetryKwargs, 'an object with maxRetries and countdown'];
const SCHEMA: OptionKind = [isSchema, 'an object with Standard Schemas: args, kwargs, result'];

const OPTION_KINDS: Readonly<Record<keyof NamedTaskOptions, OptionKind>> = {
  bind: BOOLEAN,
  base: FUNCTION,
  params: NAMES,
  typing: BOOLEAN,
  schema: SCHEMA,
  shadowName: FUNCTION,
  queue: TEXT,
  exchange: TEXT,
  exchangeType: TEXT,
  routingKey: TEXT,
  deliveryMode: DELIVERY_MODE,
  priority: QUANTITY,
  expires: SECONDS_OR_DATE,
  serializer: TEXT,
  compression: TEXT,
  timeLimit: QUANTITY,
  softTimeLimit: QUANTITY,
  rateLimit: RATE,
  concurrencyLimit: COUNT,
  acksLate: BOOLEAN,
  acksOnFailure: BOOLEAN,
  acksOnTimeout: BOOLEAN,
  acksOnFailureOrTimeout: BOOLEAN,
  rejectOnWorkerLost: BOOLEAN,
  throws: ERRORS,
  ignoreResult: BOOLEAN,
  trackStarted: BOOLEAN,
  storeErrorsEvenIfIgnored: BOOLEAN,
  storeEagerResult: BOOLEAN,
  trail: BOOLEAN,
  sendEvents: BOOLEAN,
  resultreprMaxsize: QUANTITY,
  maxRetries: QUANTITY_OR_NULL,
  defaultRetryDelay: QUANTITY,
  autoretryFor: ERRORS,
  dontAutoretryFor: ERRORS,
  retryKwargs: RETRY_KWARGS,
  retryBackoff: QUANTITY_OR_BOOLEAN,
  retryBackoffMax: QUANTITY,
  retryJitter: BOOLEAN,
  beforeStart: FUNCTION,
  onSuccess: FUNCTION,
  onFailure: FUNCTION,
  onRetry: FUNCTION,
  afterReturn: FUNCTION,
};

const names = Object.keys(OPTION_KINDS) as readonly (keyof NamedTaskOptions)[];
const nameOf: ReadonlyMap<string, keyof NamedTaskOptions> = new Map(
  names.flatMap((name) => [[name, name] as const, [toSnakeCase(name), name] as const]),
);

/** Our name of an option, given in either spelling; null when there is none. */
export function optionNamed(name: string): keyof NamedTaskOptions | null {
  return nameOf.get(name) ?? null;
}

/** Options by their own names, checked. @throws ConfigError naming the task and the option. */
export function checkTaskOptions(taskName: string, options: object): NamedTaskOptions {
  const checked: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(options)) {
    const name = optionNamed(given);
    if (name === null) throw unknownOption(taskName, given);
    if (value === undefined) continue;
    if (Object.hasOwn(checked, name)) throw new ConfigError(`task "${taskName}": option ${name} is given twice`);
    const [isValid, words] = OPTION_KINDS[name];
    if (!isValid(value)) {
      throw new ConfigError(`task "${taskName}": option ${name} must be ${words}, not ${inspect(value, { depth: 1 })}`);
    }
    checked[name] = value;
  }
  return checked;
}

function unknownOption(taskName: string, given: string): ConfigError {
  if (given === 'backend') {
    return new ConfigError(`task "${taskName}": one app has one result backend; make a second app for other results`);
  }
  const meant = nearMiss(given, nameOf.keys());
  const hint = meant === null ? '' : `; did you mean "${meant}"?`;
  return new ConfigError(`task "${taskName}": unknown option "${given}"${hint}`);
}

function isQuantity(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function isRate(value: unknown): boolean {
  if (typeof value !== 'number' && typeof value !== 'string') return false;
  try {
    parseRateLimit(value);
    return true;
  } catch {
    return false;
  }
}

function isRetryKwargs(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, item]) => {
    if (name === 'maxRetries' || name === 'max_retries') return item === null || isQuantity(item);
    return name === 'countdown' && isQuantity(item);
  });
}

function isSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(
    ([name, item]) => (name === 'args' || name === 'kwargs' || name === 'result') && isStandardSchema(item),
  );
}
