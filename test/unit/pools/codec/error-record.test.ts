import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCeleriacError, TimeLimitExceeded } from '../../../../core/kernel/errors.js';
import { fromErrorRecord, toBareErrorRecord, toErrorRecord } from '../../../../pools/codec/error-record.js';

describe('an error on its way out of a member', () => {
  it('keeps class, message, stack, cause and own fields', () => {
    const error = Object.assign(new RangeError('too far', { cause: new TypeError('why') }), { code: 'E_FAR', at: 7 });
    const copy = fromErrorRecord(structuredClone(toErrorRecord(error))) as RangeError & { code: string; at: number };
    assert.ok(copy instanceof RangeError && copy.cause instanceof TypeError);
    assert.deepEqual(
      [copy.name, copy.message, copy.stack, copy.code, copy.at],
      [error.name, error.message, error.stack, 'E_FAR', 7],
    );
    assert.equal(copy.cause.message, 'why');
  });

  it('keeps the name of a class that this process does not know', () => {
    class OddError extends Error {
      override name = 'OddError';
    }
    const copy = fromErrorRecord(structuredClone(toErrorRecord(new OddError('odd'))));
    assert.deepEqual([copy.name, copy.message, copy.constructor], ['OddError', 'odd', Error]);
  });

  it('makes our own errors instances of their class again', () => {
    const copy = fromErrorRecord(structuredClone(toErrorRecord(new TimeLimitExceeded(3))));
    assert.ok(copy instanceof TimeLimitExceeded && isCeleriacError(copy));
    assert.equal(copy.limitSeconds, 3);
    assert.equal(copy.code, 'CLR_TIME_LIMIT');
  });

  it('tells an error without cause from one whose cause is undefined, and keeps a cause that is no error', () => {
    const decode = (error: Error): Error => fromErrorRecord(structuredClone(toErrorRecord(error)));
    assert.equal('cause' in decode(new Error('none')), false);
    assert.equal('cause' in decode(new Error('undefined', { cause: undefined })), true);
    assert.deepEqual(decode(new Error('data', { cause: { a: 1 } })).cause, { a: 1 });
  });

  it('ends a chain of causes that leads back to itself', () => {
    const error = new Error('loop');
    error.cause = error;
    assert.doesNotThrow(() => fromErrorRecord(structuredClone(toErrorRecord(error))));
  });

  it('has a form without what cannot be cloned', () => {
    const error = Object.assign(new TypeError('bare'), { handler: () => 1 });
    const copy = fromErrorRecord(structuredClone(toBareErrorRecord(error)));
    assert.ok(copy instanceof TypeError);
    assert.equal(copy.message, 'bare');
  });
});
