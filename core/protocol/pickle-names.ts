/**
 * The closed list of what a pickle may name (NM-09), and what each name makes here. Nothing is imported, looked up or
 * called: a name is a key of this table or the message is refused. Called by pickle-reader.ts.
 */
import { ContentDisallowed, EncodeError, ProtocolError } from '../kernel/errors.js';
import { PyDateTime } from './python-datetime.js';
import { Decimal, PyDate, PyTime, PyTimeDelta, Uuid } from './python-values.js';

type Make = (args: readonly unknown[]) => unknown;

/** A name on the stack of a pickle. */
export class PickleName {
  readonly module: string;
  readonly name: string;
  readonly make: Make;

  constructor(module: string, name: string, make: Make) {
    this.module = module;
    this.name = name;
    this.make = make;
  }
}

/** Offset of a `datetime.timezone` while it is an argument. */
class PyOffset {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const EXCEPTION_MODULES: ReadonlySet<string> = new Set([
  'celery.exceptions',
  'billiard.exceptions',
  'billiard.einfo',
  'kombu.exceptions',
]);

const BUILTIN_EXCEPTIONS: ReadonlySet<string> = new Set(
  (
    'ArithmeticError AssertionError AttributeError BaseException BlockingIOError BrokenPipeError BufferError ' +
    'ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError EOFError ' +
    'Exception FileExistsError FileNotFoundError FloatingPointError GeneratorExit ImportError IndexError ' +
    'InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError ' +
    'NameError NotADirectoryError NotImplementedError OSError OverflowError PermissionError ProcessLookupError ' +
    'RecursionError ReferenceError RuntimeError StopIteration SystemError SystemExit TimeoutError TypeError ' +
    'UnboundLocalError UnicodeError ValueError ZeroDivisionError'
  ).split(' '),
);

const MAKERS: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['builtins.set', ([items]) => new Set(list(items))],
  ['builtins.frozenset', ([items]) => new Set(list(items))],
  ['builtins.list', ([items = []]) => [...list(items)]],
  ['builtins.bytearray', ([value = Buffer.alloc(0)]) => (typeof value === 'string' ? latin1(value) : bytes(value))],
  ['_codecs.encode', ([value]) => latin1(text(value))],
  [
    'datetime.datetime',
    ([packed, zone]) =>
      PyDateTime.read(`${dateOf(bytes(packed, 10))}T${clockOf(bytes(packed, 10).subarray(4))}${offset(zone)}`),
  ],
  ['datetime.date', ([packed]) => dayOf(bytes(packed, 4))],
  ['datetime.time', ([packed, zone]) => new PyTime(`${clockOf(bytes(packed, 6))}${offset(zone)}`)],
  [
    'datetime.timedelta',
    ([days = 0, seconds = 0, micros = 0]) => new PyTimeDelta(number(days), number(seconds), number(micros)),
  ],
  ['datetime.timezone', ([delta]) => offsetOf(delta)],
  ['decimal.Decimal', ([value]) => new Decimal(text(value))],
  ['uuid.UUID', ([value]) => new Uuid(text(value))],
]);

/** @throws ContentDisallowed for a name that is not on the list. */
export function pickleName(module: string, name: string): PickleName {
  // Protocol 2 writes Python 2's name.
  const home = module === '__builtin__' || module === 'exceptions' ? 'builtins' : module;
  const make = MAKERS.get(`${home}.${name}`);
  if (make !== undefined) return new PickleName(home, name, make);
  if (
    home === 'builtins' ? BUILTIN_EXCEPTIONS.has(name) : EXCEPTION_MODULES.has(home) && /^[A-Z]\w{0,60}$/.test(name)
  ) {
    return new PickleName(home, name, (args) => ({ exc_type: name, exc_message: [...args], exc_module: home }));
  }
  throw new ContentDisallowed(`a pickle that names anything beyond plain data is not read (NM-09)`);
}

/** The value that a name makes of its arguments. @throws ProtocolError when they are not of its kind. */
export function makeNamed(name: PickleName, args: readonly unknown[]): unknown {
  try {
    return name.make(args);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    throw wrong(error.message);
  }
}

function wrong(what: string): ProtocolError {
  return new ProtocolError(`not a pickle that is read: ${what}`, { reason: 'undecodable' });
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong('a list is missing');
  return value as readonly unknown[];
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw wrong('a text is missing');
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw wrong('a number is missing');
  return value;
}

/** Python 3 writes the bytes of protocol 2 as a text of their code points. */
function latin1(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

function bytes(value: unknown, length?: number): Buffer {
  if (!(value instanceof Buffer) || (length !== undefined && value.length !== length)) throw wrong('bytes are missing');
  return value;
}

function two(value: number | undefined): string {
  return String(value).padStart(2, '0');
}

/** Year u16, month (its top bit is `fold`), day. */
function dateOf(packed: Buffer): string {
  return `${String(packed.readUInt16BE(0)).padStart(4, '0')}-${two((packed[2] ?? 0) & 0x7f)}-${two(packed[3])}`;
}

function dayOf(packed: Buffer): PyDate {
  return new PyDate(packed.readUInt16BE(0), packed[2] ?? 0, packed[3] ?? 0);
}

/** Hour (its top bit is `fold`), minute, second, microseconds u24. */
function clockOf(packed: Buffer): string {
  const micros = packed.readUIntBE(3, 3);
  const clock = `${two((packed[0] ?? 0) & 0x7f)}:${two(packed[1])}:${two(packed[2])}`;
  return micros === 0 ? clock : `${clock}.${String(micros).padStart(6, '0')}`;
}

function offset(zone: unknown): string {
  if (zone === undefined) return '';
  if (!(zone instanceof PyOffset)) throw wrong('a zone is not an offset');
  return zone.text;
}

function offsetOf(delta: unknown): PyOffset {
  if (!(delta instanceof PyTimeDelta)) throw wrong('an offset is missing');
  const total = delta.days * 86_400 + delta.seconds;
  const minutes = Math.floor(Math.abs(total) / 60);
  if (total % 60 !== 0 || minutes >= 1440) throw wrong('an offset is not of whole minutes');
  return new PyOffset(`${total < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`);
}
