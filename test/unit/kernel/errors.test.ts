import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as errors from '../../../core/kernel/errors.js';

test('every class has a code of its own and its name', () => {
  const classes = Object.values(errors).filter((value) => typeof value === 'function' && 'code' in value);
  const codes = classes.map((one) => (one as { code: string }).code);
  assert.ok(classes.length > 20);
  assert.equal(new Set(codes).size, codes.length, codes.join());
  for (const code of codes) assert.match(code, /^CLR_[A-Z_]+$/);
  assert.equal(new errors.ConfigError('x').name, 'ConfigError');
});

test('cause and code are kept', () => {
  const cause = new Error('below');
  const error = new errors.TransportError('above', { cause, code: 'CLR_OTHER' });
  assert.equal(error.cause, cause);
  assert.equal(error.code, 'CLR_OTHER');
  assert.equal('cause' in new errors.TransportError('alone'), false);
});

test('an error of another copy of celeriac is known by its brand', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('celeriac.error')]: true });
  assert.equal(errors.isCeleriacError(foreign), true);
  assert.equal(errors.isCeleriacError(new errors.NotRegistered('a')), true);
  assert.equal(errors.isCeleriacError(new Error('x')), false);
  assert.equal(errors.isCeleriacError({ [Symbol.for('celeriac.error')]: true }), false);
});

test('a BackendError can be tried again unless it says otherwise', () => {
  assert.equal(new errors.BackendError('x').isRetryable, true);
  assert.equal(new errors.BackendError('x', { isRetryable: false }).isRetryable, false);
});
