import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as errors from '../../../core/kernel/errors.js';
import { decodeException, ErrorPrototypes, errorOfException } from '../../../core/protocol/exception.js';
import { encodeException } from '../../../core/protocol/exception-encode.js';
import { decodeJson } from '../../../core/protocol/json-decode.js';
import { encodeJson } from '../../../core/protocol/json-encode.js';

/** What `get()` throws for what a task threw. */
function travel(thrown: unknown, prototypes = new ErrorPrototypes()): Error {
  const { exception, traceback } = encodeException(thrown);
  return errorOfException(decodeException(decodeJson(encodeJson(exception)), traceback), prototypes);
}

class PaymentError extends Error {
  static constructed = 0;
  readonly code: string;
  readonly amount: number;
  constructor(message: string, amount: number) {
    super(message);
    PaymentError.constructed++;
    this.name = 'PaymentError';
    this.code = 'E_PAY';
    this.amount = amount;
  }
  describe(): string {
    return `${this.message} ${String(this.amount)}`;
  }
}

test('NM-04 our own errors have the names of Python on the wire', () => {
  const cases: readonly (readonly [Error, string, string, readonly unknown[]])[] = [
    [new errors.WorkerLostError('gone'), 'billiard.exceptions', 'WorkerLostError', ['gone']],
    [new errors.TerminatedError('end'), 'billiard.exceptions', 'Terminated', ['end']],
    [new errors.TimeLimitExceeded(1), 'billiard.exceptions', 'TimeLimitExceeded', [1]],
    [new errors.SoftTimeLimitExceeded(2), 'billiard.exceptions', 'SoftTimeLimitExceeded', [2]],
    [new errors.NotRegistered('proj.nope'), 'celery.exceptions', 'NotRegistered', ['proj.nope']],
    [new errors.TaskRevoked('expired'), 'celery.exceptions', 'TaskRevokedError', ['expired']],
    [new errors.MaxRetriesExceeded('m'), 'celery.exceptions', 'MaxRetriesExceededError', ['m']],
    [new errors.ChordError('c'), 'celery.exceptions', 'ChordError', ['c']],
    [new errors.TimeoutError('t'), 'celery.exceptions', 'TimeoutError', ['t']],
    [new errors.ContentDisallowed('d'), 'kombu.exceptions', 'ContentDisallowed', ['d']],
    [new errors.EncodeError('e'), 'kombu.exceptions', 'EncodeError', ['e']],
  ];
  for (const [error, module, type, args] of cases) {
    assert.deepStrictEqual(encodeException(error).exception, { exc_type: type, exc_message: args, exc_module: module });
    const back = travel(error);
    assert.equal(back.constructor, error.constructor);
    assert.equal(back.message, error.message);
    assert.equal(back.stack, error.stack);
  }
});

test('NM-04 a class of the application travels under its name in a module that Python has not', () => {
  assert.deepStrictEqual(encodeException(new PaymentError('no money', 5)).exception, {
    exc_type: 'PaymentError',
    exc_message: ['no money', { code: 'E_PAY', amount: 5 }],
    exc_module: 'celeriac',
  });
});

test('a registered class comes back as itself, with message, stack and fields, its constructor not called', () => {
  const prototypes = new ErrorPrototypes();
  prototypes.add(PaymentError);
  const thrown = new PaymentError('no money', 5);
  const constructed = PaymentError.constructed;
  const back = travel(thrown, prototypes);
  assert.ok(back instanceof PaymentError);
  assert.equal(PaymentError.constructed, constructed);
  assert.equal(back.describe(), 'no money 5');
  assert.deepStrictEqual([back.name, back.stack, back.code], ['PaymentError', thrown.stack, 'E_PAY']);
  assert.deepStrictEqual(Object.keys(back), ['code', 'amount']);
});

test('any other class comes back as RemoteTaskError, and is passed on with its fields', () => {
  const thrown = new PaymentError('no money', 5);
  const back = travel(thrown);
  assert.ok(back instanceof errors.RemoteTaskError);
  assert.deepStrictEqual(
    [back.type, back.module, back.message, back.remoteStack],
    ['PaymentError', 'celeriac', 'no money', thrown.stack],
  );
  const again = encodeException(back);
  assert.deepStrictEqual(again.exception, {
    exc_type: 'PaymentError',
    exc_message: ['no money', { code: 'E_PAY', amount: 5 }],
    exc_module: 'celeriac',
  });
  assert.equal(again.traceback, thrown.stack);
});

test("JavaScript's own errors have a twin in Python and keep their name between Node programs", () => {
  for (const [thrown, type] of [
    [new Error('m'), 'Exception'],
    [new TypeError('m'), 'TypeError'],
    [new RangeError('m'), 'ValueError'],
  ] as const) {
    assert.deepStrictEqual(encodeException(thrown).exception, {
      exc_type: type,
      exc_message: ['m'],
      exc_module: 'builtins',
    });
    const travelled = travel(thrown);
    assert.ok(travelled instanceof errors.RemoteTaskError);
    assert.equal(travelled.type, thrown.name);
  }
  const python = decodeException(
    { exc_type: 'ValueError', exc_message: ['boom', 42], exc_module: 'builtins' },
    'Traceback (most recent call last):\n…',
  );
  assert.deepStrictEqual([python.type, python.message, python.args], ['ValueError', "('boom', 42)", ['boom', 42]]);
});

test('stacks of causes are part of the stack', () => {
  const cause = new TypeError('inner');
  const { traceback } = encodeException(new Error('outer', { cause }));
  assert.match(traceback ?? '', /^Error: outer\n[^]*\n\[cause\]: TypeError: inner\n/);
  const circular = new Error('round');
  circular.cause = circular;
  assert.ok(encodeException(circular).traceback);
});

test('fields that JSON cannot carry are left out, those that it can stay', () => {
  const error = Object.assign(new Error('m'), {
    code: 'ENOENT',
    call: () => 1,
    big: 'x'.repeat(10_000),
    n: 1n,
  });
  Object.assign(error, { self: error });
  assert.deepStrictEqual(encodeException(error).exception.exc_message, ['m', { code: 'ENOENT', n: 1n }]);
});

test('whatever is thrown can be written', () => {
  const hostile = new Error('x');
  const refuse = (): never => {
    throw new Error('no');
  };
  // The stack first: the runtime reads the message when it formats it.
  for (const name of ['stack', 'message', 'name']) Object.defineProperty(hostile, name, { get: refuse });
  for (const thrown of [undefined, null, 'text', 5, Symbol('s'), Object.create(null), hostile]) {
    assert.ok(encodeJson(encodeException(thrown).exception));
  }
  assert.deepStrictEqual(encodeException('text').exception, {
    exc_type: 'Exception',
    exc_message: ['text'],
    exc_module: 'builtins',
  });
});

test('M5, M9 whatever is on the wire gives an Error, and no class that nobody has registered', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.record({ exc_type: fc.jsonValue(), exc_message: fc.jsonValue(), exc_module: fc.jsonValue() }),
      ),
      (result) => {
        assert.ok(
          errorOfException(decodeException(result, null), new ErrorPrototypes()) instanceof errors.RemoteTaskError,
        );
      },
    ),
  );
  for (const type of ['__proto__', 'constructor', 'Function', 'process']) {
    const error = errorOfException(
      decodeException({ exc_type: type, exc_message: ['x', { __proto__: 1 }], exc_module: 'celeriac' }, null),
      new ErrorPrototypes(),
    );
    assert.ok(error instanceof errors.RemoteTaskError);
  }
});

test('an argument that JSON cannot carry is passed on as its repr', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  const options = { type: 'ValueError', module: 'builtins', remoteStack: null, args: ['boom', 42, loop] };
  const { exc_message: args } = encodeException(new errors.RemoteTaskError('boom', options)).exception;
  assert.deepStrictEqual(args.slice(0, 2), ['boom', 42]);
  assert.equal(typeof args[2], 'string');
});

test("ACK-05 the message of Celery's Reject is its reason alone", () => {
  const wire = { exc_type: 'Reject', exc_message: ['not mine', false], exc_module: 'celery.exceptions' };
  const error = errorOfException(decodeException(wire, null), new ErrorPrototypes());
  assert.ok(error instanceof errors.RemoteTaskError);
  assert.equal(error.message, 'not mine');
  assert.deepEqual([error.type, error.args], ['Reject', ['not mine', false]]);
});

test('M10 fields from the wire never replace what printing an error needs', () => {
  class Shown extends Error {}
  const prototypes = new ErrorPrototypes();
  prototypes.add(Shown);
  const hostile = { message: [], stack: 5, name: {}, toString: 1, toJSON: {}, then: 1, constructor: null, kept: 'x' };
  const wire = { exc_type: 'Shown', exc_module: 'celeriac', exc_message: ['text', hostile] };
  const error = errorOfException(decodeException(wire, null), prototypes);
  assert.deepStrictEqual([String(error), error.message, error.stack], ['Shown: text', 'text', 'Shown: text']);
  assert.deepStrictEqual(Object.keys(error), ['kept']);
});
