/**
 * Whatever a task threw → Celery's exception object and the text of its stack (NM-04, BKE-24). Runs where a failure is
 * turned into a result document: in members, and on the host for members that are gone. It never throws.
 *
 * What survives: class name, message, stack with the stacks of its causes, and own fields that JSON can carry. The wire
 * has Celery's three keys, so fields travel as a second argument of the exception: Python sees `MyError('text', {…})`.
 */
import { RemoteTaskError } from '../kernel/errors.js';
import { JS_MODULE, OWN_EXCEPTIONS, PYTHON_BUILTINS, PYTHON_TWINS } from './exception-names.js';
import { encodeJson } from './json-encode.js';
import { pythonRepr } from './python-repr.js';

/** Celery's exception object, ready for JSON. */
export interface WireException {
  readonly exc_type: string;
  readonly exc_message: readonly unknown[];
  readonly exc_module: string | null;
}

export interface EncodedException {
  readonly exception: WireException;
  /** Stack of the error and of its causes; null when there is none. */
  readonly traceback: string | null;
}

/** Longest message, stack and, as JSON, field in characters: a result must not grow with what happened to be thrown. */
const MAX_MESSAGE = 64 * 1024;
const MAX_TRACEBACK = 64 * 1024;
const MAX_FIELD = 8 * 1024;
const MAX_CAUSES = 5;

/** Set by the runtime or carried elsewhere on the wire. */
const NOT_A_FIELD: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', '__proto__']);

export function encodeException(thrown: unknown): EncodedException {
  if (!(thrown instanceof Error)) {
    const exception = { exc_type: 'Exception', exc_message: [textOf(thrown)], exc_module: PYTHON_BUILTINS };
    return { exception, traceback: null };
  }
  const own = OWN_EXCEPTIONS.find(({ errorClass }) => thrown.constructor === errorClass);
  if (own !== undefined) {
    const exception = { exc_type: own.type, exc_message: own.argsOf(thrown), exc_module: own.module };
    return { exception, traceback: tracebackOf(thrown) };
  }
  if (thrown instanceof RemoteTaskError) {
    // It came from another worker: passed on as what it was there.
    const exception = { exc_type: thrown.type, exc_message: thrown.args.map(carried), exc_module: thrown.module };
    return { exception, traceback: thrown.remoteStack ?? tracebackOf(thrown) };
  }
  return { exception: userException(thrown), traceback: tracebackOf(thrown) };
}

function userException(error: Error): WireException {
  const name = classNameOf(error);
  const twin = PYTHON_TWINS.get(name);
  const message = read(error, 'message');
  const text = typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : '';
  const fields = fieldsOf(error);
  return {
    exc_type: twin ?? name,
    exc_message: fields === null ? [text] : [text, fields],
    exc_module: twin === undefined ? JS_MODULE : PYTHON_BUILTINS,
  };
}

/** Names that say nothing about a subclass which did not set its own. */
function isNativeName(name: string): boolean {
  return name === 'Error' || name === 'DOMException' || PYTHON_TWINS.has(name);
}

/** Name of the class; of an error renamed in place, that name. */
function classNameOf(error: Error): string {
  const constructor = read(error, 'constructor');
  const className = typeof constructor === 'function' ? constructor.name : '';
  if (className !== '' && !isNativeName(className)) return className;
  const name = read(error, 'name');
  return typeof name === 'string' && name !== '' ? name : 'Error';
}

function fieldsOf(error: Error): Readonly<Record<string, unknown>> | null {
  let fields: Record<string, unknown> | null = null;
  for (const name of Object.keys(error)) {
    if (NOT_A_FIELD.has(name)) continue;
    const value = read(error, name);
    if (value === undefined || !isSmallJson(value)) continue;
    fields ??= {};
    fields[name] = value;
  }
  return fields;
}

/** One argument; of one that JSON cannot carry its repr, as Celery writes it. */
function carried(arg: unknown): unknown {
  return isSmallJson(arg) || typeof arg === 'string' ? arg : pythonRepr(arg, 1024);
}

function isSmallJson(value: unknown): boolean {
  try {
    return encodeJson(value).length <= MAX_FIELD;
  } catch {
    return false;
  }
}

function tracebackOf(error: Error): string | null {
  const stacks: string[] = [];
  let current: unknown = error;
  for (let i = 0; i <= MAX_CAUSES && current instanceof Error; i++) {
    const stack = read(current, 'stack');
    if (typeof stack === 'string' && stack !== '') stacks.push(stack);
    current = read(current, 'cause');
  }
  if (current !== undefined && current !== null && !(current instanceof Error)) stacks.push(textOf(current));
  return stacks.length === 0 ? null : stacks.join('\n[cause]: ').slice(0, MAX_TRACEBACK);
}

/** A property of a user's object: a getter may throw. */
function read(object: object, name: string): unknown {
  try {
    return (object as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  try {
    return String(value).slice(0, MAX_MESSAGE);
  } catch {
    return `an unprintable ${typeof value}`;
  }
}
