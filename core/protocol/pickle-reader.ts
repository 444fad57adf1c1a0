/**
 * A safe subset of Python's pickle, protocols 0 to 5, as data (NM-09): None, bool, int, float, str, bytes, list, tuple,
 * dict, set, datetime family, Decimal, UUID and exceptions by name. Any other operation or name refuses the whole (M4).
 * Members and clients, only where `acceptContent` names pickle.
 *
 * A tuple reads as a list; a dict as an object when all its keys are texts, else as a Map.
 */
import { ContentDisallowed } from '../kernel/errors.js';
import { tooDeep, tooManyValues, type MessageLimits } from './message-limits.js';
import { badPickle, byCode, PickleInput, VALUE_OPERATIONS } from './pickle-input.js';
import { makeNamed, PickleName, pickleName } from './pickle-names.js';
import { PickleStack } from './pickle-stack.js';
import { Uuid } from './python-values.js';

const STOP = 0x2e;

/** A UUID whose digits come in a later operation. */
class UuidDraft {
  uuid: Uuid | null = null;
}

/** @throws ContentDisallowed for what is beyond the subset, ProtocolError for damage and exceeded limits. */
export function readPickle(bytes: Buffer, limits: MessageLimits): unknown {
  const input = new PickleInput(bytes, limits);
  const stack = new PickleStack(limits);
  for (let code = input.unsigned(1); code !== STOP; code = input.unsigned(1)) {
    const value = VALUE_OPERATIONS.get(code);
    if (value !== undefined) {
      stack.push(value(input));
      continue;
    }
    const operation = STACK_OPERATIONS.get(code);
    if (operation === undefined) {
      throw new ContentDisallowed(`a pickle with the operation 0x${code.toString(16)} is not read (NM-09)`);
    }
    operation(stack, input);
  }
  const value = stack.pop();
  if (!input.isAtEnd || !stack.isEmpty) throw badPickle('data follows the value');
  return new Finish(limits).value(value, 0);
}

const STACK_OPERATIONS = byCode<(stack: PickleStack, input: PickleInput) => unknown>([
  [0x80, (_stack, input) => input.take(1)],
  [0x95, (_stack, input) => input.take(8)],
  ['(', (stack) => stack.mark()],
  ['0', (stack) => stack.pop()],
  ['1', (stack) => stack.popMark()],
  ['2', (stack) => stack.push(stack.top())],
  ['l', (stack) => stack.push(stack.popMark())],
  ['t', (stack) => stack.push(stack.popMark())],
  ['a', (stack) => append(stack, [stack.pop()])],
  ['e', (stack) => append(stack, stack.popMark())],
  [0x85, (stack) => stack.push(stack.popMany(1))],
  [0x86, (stack) => stack.push(stack.popMany(2))],
  [0x87, (stack) => stack.push(stack.popMany(3))],
  ['d', (stack) => pushTable(stack)],
  ['s', (stack) => setItems(stack, stack.popMany(2))],
  ['u', (stack) => setItems(stack, stack.popMark())],
  [0x90, (stack) => addItems(stack, stack.popMark())],
  [0x91, (stack) => stack.push(new Set(stack.popMark()))],
  ['p', (stack, input) => stack.remember(indexOf(input.line()))],
  ['q', (stack, input) => stack.remember(input.unsigned(1))],
  ['r', (stack, input) => stack.remember(input.unsigned(4))],
  [0x94, (stack) => stack.remember(null)],
  ['g', (stack, input) => stack.recall(indexOf(input.line()))],
  ['h', (stack, input) => stack.recall(input.unsigned(1))],
  ['j', (stack, input) => stack.recall(input.unsigned(4))],
  ['c', (stack, input) => pushName(stack, [input.line(), input.line()])],
  [0x93, (stack) => pushName(stack, stack.popMany(2))],
  ['R', reduce],
  [0x81, newObject],
  ['b', build],
]);

function append(stack: PickleStack, items: readonly unknown[]): PickleStack {
  const list = stack.top();
  if (!Array.isArray(list)) throw badPickle('a list is missing');
  for (const item of items) list.push(item);
  return stack;
}

function addItems(stack: PickleStack, items: readonly unknown[]): PickleStack {
  const set = stack.top();
  if (!(set instanceof Set)) throw badPickle('a set is missing');
  for (const item of items) set.add(item);
  return stack;
}

function pushTable(stack: PickleStack): PickleStack {
  const items = stack.popMark();
  return setItems(stack.push(new Map()), items);
}

function setItems(stack: PickleStack, items: readonly unknown[]): PickleStack {
  const table = stack.top();
  if (!(table instanceof Map) || items.length % 2 !== 0) throw badPickle('a dict is missing');
  for (let i = 0; i < items.length; i += 2) table.set(items[i], items[i + 1]);
  return stack;
}

function pushName(stack: PickleStack, [module, name]: readonly unknown[]): PickleStack {
  if (typeof module !== 'string' || typeof name !== 'string') throw badPickle('a name is missing');
  return stack.push(pickleName(module, name));
}

function reduce(stack: PickleStack): void {
  const [name, args] = stack.popMany(2);
  if (!(name instanceof PickleName) || !Array.isArray(args)) throw badPickle('a call of what is no name');
  stack.charge(args as readonly unknown[]);
  stack.push(makeNamed(name, args as readonly unknown[]));
}

/** Only a UUID is made in two steps. */
function newObject(stack: PickleStack): void {
  const [name, args] = stack.popMany(2);
  if (!(name instanceof PickleName)) throw badPickle('a class is missing');
  if (name.name !== 'UUID' || !Array.isArray(args) || args.length > 0) {
    throw new ContentDisallowed('a pickle that makes an object is not read (NM-09)');
  }
  stack.push(new UuidDraft());
}

/** State of a UUID; that of an exception, notes and causes, is dropped. */
function build(stack: PickleStack): void {
  const state = stack.pop();
  const target = stack.top();
  if (target instanceof UuidDraft && state instanceof Map) {
    const digits: unknown = state.get('int');
    const hex = typeof digits === 'bigint' || typeof digits === 'number' ? digits.toString(16).padStart(32, '0') : '';
    if (!/^[0-9a-f]{32}$/.test(hex)) throw badPickle('a UUID has no digits');
    target.uuid = new Uuid(hex);
    return;
  }
  if (typeof target === 'object' && target !== null && Object.hasOwn(target, 'exc_type')) return;
  throw new ContentDisallowed('a pickle that fills an object is not read (NM-09)');
}

function indexOf(line: string): number {
  if (!/^\d{1,9}$/.test(line)) throw badPickle('a number is missing');
  return Number(line);
}

/** Values of the stack as values of ours. What is referred to twice counts twice, so that no bomb hides in it. */
class Finish {
  readonly #limits: MessageLimits;
  #nodes = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  value(value: unknown, depth: number): unknown {
    if (++this.#nodes > this.#limits.maxNodes) throw tooManyValues(this.#limits);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof UuidDraft) return value.uuid ?? fail('a UUID has no digits');
    if (value instanceof PickleName) throw new ContentDisallowed('a pickle that holds a class is not read (NM-09)');
    if (depth === this.#limits.maxDepth) throw tooDeep(this.#limits);
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    if (value instanceof Set) return new Set(Array.from(value, (item) => this.value(item, depth + 1)));
    if (value instanceof Map) return this.#table(value, depth + 1);
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    // An exception.
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, this.value(field, depth + 1)]));
  }

  #table(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const entries = Array.from(map, ([key, field]) => [this.value(key, depth), this.value(field, depth)] as const);
    // fromEntries defines: `__proto__` is a name like any other.
    if (entries.every(([key]) => typeof key === 'string')) return Object.fromEntries(entries as [string, unknown][]);
    return new Map(entries);
  }
}

function fail(what: string): never {
  throw badPickle(what);
}
