/**
 * Celery's exception object → data → Error (NM-04, BKE-24). Runs in clients and members that read results. What is on the
 * wire is a stranger's: decoding never throws, and a class is taken only from what the application has registered and
 * from the closed table of exception-names.ts.
 */
import { RemoteTaskError } from '../kernel/errors.js';
import { JS_MODULE, OWN_EXCEPTIONS, PYTHON_BUILTINS, PYTHON_TWINS } from './exception-names.js';
import { argsRepr } from './python-repr.js';

/** A failure as plain data. */
export interface ExceptionData {
  /** Class name; of an error from JavaScript the name it had there. */
  readonly type: string;
  /** Python module, `celeriac` for a class of a Node program; null when unknown. */
  readonly module: string | null;
  readonly message: string;
  /** Arguments of the exception. */
  readonly args: readonly unknown[];
  /** Own fields of an error from JavaScript; null when it had none. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  /** Stack or traceback; null when it was not stored. */
  readonly stack: string | null;
}

/** Error classes of an application by name: as these, failures come back. */
export class ErrorPrototypes {
  readonly #byName = new Map<string, Error>();

  /** Registers a class under its own name. */
  add(errorClass: abstract new (...args: never[]) => Error): void {
    this.#byName.set(errorClass.name, errorClass.prototype as Error);
  }

  find(name: string): Error | null {
    return this.#byName.get(name) ?? null;
  }
}

/** @param result the `result` of a document in an exception state, whatever it is. */
export function decodeException(result: unknown, traceback: string | null): ExceptionData {
  if (!isTable(result)) {
    const message = result === null || result === undefined ? '' : argText(result);
    return { type: 'Exception', module: null, message, args: [], fields: null, stack: traceback };
  }
  const { exc_type: wireType, exc_message: wireMessage, exc_module: wireModule } = result;
  const type = typeof wireType === 'string' && wireType !== '' ? wireType : 'Exception';
  const module = typeof wireModule === 'string' ? wireModule : null;
  const args: readonly unknown[] = Array.isArray(wireMessage) ? wireMessage : [wireMessage ?? ''];
  if (!isFromJavaScript(module, traceback)) {
    // The second argument of Celery's Reject says what became of the message, and is nothing to read.
    const isReject = type === 'Reject' && module === 'celery.exceptions';
    const message = messageOf(isReject ? args.slice(0, 1) : args);
    return { type, module, message, args, fields: null, stack: traceback };
  }
  const fields = args.length === 2 && isTable(args[1]) ? args[1] : null;
  const message = messageOf(fields === null ? args : args.slice(0, 1));
  return { type: javaScriptName(type, module), module, message, args, fields, stack: traceback };
}

/** A twin of Python's is JavaScript's own when its stack does not look like Python's. */
function isFromJavaScript(module: string | null, traceback: string | null): boolean {
  if (module === JS_MODULE) return true;
  return module === PYTHON_BUILTINS && traceback !== null && !traceback.startsWith('Traceback (most recent call last)');
}

function javaScriptName(type: string, module: string | null): string {
  if (module !== PYTHON_BUILTINS) return type;
  for (const [name, twin] of PYTHON_TWINS) if (twin === type) return name;
  return type;
}

/**
 * The error that `get()` throws: one of our own classes, a registered one (made from its prototype, its constructor is
 * not called), else RemoteTaskError.
 */
export function errorOfException(data: ExceptionData, prototypes: ErrorPrototypes): Error {
  const own = OWN_EXCEPTIONS.find(({ type, module }) => type === data.type && module === data.module);
  if (own !== undefined) return withStack(own.create(data.args, data.message), data.stack);
  const prototype = prototypes.find(data.type);
  if (prototype !== null) return registeredError(data, prototype);
  const { type, module, stack, args } = data;
  return new RemoteTaskError(data.message, { type, module, remoteStack: stack, args });
}

/** The error of a result document in an exception state. */
export function errorOfDocument(
  document: { readonly result: unknown; readonly traceback: string | null },
  prototypes: ErrorPrototypes,
): Error {
  return errorOfException(decodeException(document.result, document.traceback), prototypes);
}

/** Fields that a stranger's message must not set: whoever prints or logs the error relies on them. */
const NOT_FROM_WIRE: ReadonlySet<string> = new Set([
  ...['__proto__', 'name', 'message', 'stack', 'cause'],
  ...['constructor', 'toString', 'toJSON', 'valueOf', 'then'],
]);

function registeredError(data: ExceptionData, prototype: Error): Error {
  const error = Object.create(prototype) as Error;
  define(error, 'message', data.message);
  define(error, 'stack', data.stack ?? `${data.type}: ${data.message}`);
  // A class that sets `name` in its constructor, which does not run here, would answer the name of its base.
  if (error.name !== data.type) define(error, 'name', data.type);
  for (const [name, value] of Object.entries(data.fields ?? {})) {
    if (!NOT_FROM_WIRE.has(name))
      Object.defineProperty(error, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return error;
}

function withStack(error: Error, stack: string | null): Error {
  if (stack !== null) define(error, 'stack', stack);
  return error;
}

/** As the runtime defines it on an error: not enumerable. */
function define(error: Error, name: string, value: string): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

/** As Python's `str()` of an exception: the only argument, or all of them as a tuple. */
function messageOf(args: readonly unknown[]): string {
  if (args.length === 0) return '';
  return args.length === 1 ? argText(args[0]) : argsRepr(args);
}

function argText(value: unknown): string {
  return typeof value === 'string' ? value : argsRepr([value]).slice(1, -2);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
