import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remoteError } from '../../../core/app/remote-error.js';
import { RemoteTaskError } from '../../../core/kernel/errors.js';
import { ErrorPrototypes } from '../../../core/protocol/exception.js';
import { encodeException } from '../../../core/protocol/exception-encode.js';

class Refused extends Error {}

const errors = new ErrorPrototypes();
errors.add(Refused);

function again(thrown: unknown, remoteTracebacks = false): Error {
  const { exception, traceback } = encodeException(thrown);
  return remoteError({ result: exception, traceback }, { errors, remoteTracebacks });
}

test('the causes of an error come with it, in their order, each with type, message and stack', () => {
  const thrown = new Refused('top', { cause: new TypeError('middle', { cause: new RangeError('') }) });
  const error = again(thrown);
  assert.ok(error instanceof Refused);
  const middle = error.cause;
  assert.ok(middle instanceof RemoteTaskError);
  assert.deepStrictEqual([middle.type, middle.message], ['TypeError', 'middle']);
  assert.match(middle.stack ?? '', /^TypeError: middle\n +at /);
  const last = middle.cause;
  assert.ok(last instanceof RemoteTaskError);
  assert.deepStrictEqual([last.type, last.message, last.cause], ['RangeError', '', undefined]);
});

test('what is no error as a cause is told all the same', () => {
  const error = again(new Refused('top', { cause: 'out of money' }));
  assert.ok(error.cause instanceof RemoteTaskError);
  assert.match(error.cause.stack ?? '', /out of money/);
});

test('an error without causes has none, unless the remote stack is asked for', () => {
  assert.equal(again(new Refused('top')).cause, undefined);
  const { cause } = again(new Refused('top'), true);
  assert.ok(cause instanceof RemoteTaskError);
  assert.match(cause.remoteStack ?? '', /top\n +at /);
});

test("a traceback of Python's is left as it is", () => {
  const traceback = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no\n';
  const result = { exc_type: 'ValueError', exc_message: ['no'], exc_module: 'builtins' };
  const plain = remoteError({ result, traceback }, { errors, remoteTracebacks: false });
  assert.ok(plain instanceof RemoteTaskError);
  assert.deepStrictEqual([plain.cause, plain.remoteStack], [undefined, traceback]);
  const { cause } = remoteError({ result, traceback }, { errors, remoteTracebacks: true });
  assert.ok(cause instanceof RemoteTaskError);
  assert.deepStrictEqual([cause.type, cause.message, cause.stack], ['ValueError', 'no', traceback]);
});
