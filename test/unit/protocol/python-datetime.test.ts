import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EncodeError, ProtocolError } from '../../../core/kernel/errors.js';
import { decodeJson } from '../../../core/protocol/json-decode.js';
import { encodeJson } from '../../../core/protocol/json-encode.js';
import { registerType } from '../../../core/protocol/json-marker.js';
import { PyDateTime } from '../../../core/protocol/python-datetime.js';

function marker(type: string, value: unknown): string {
  return JSON.stringify({ __type__: type, __value__: value });
}

test('WIRE-27 a datetime is written again as it came, with microseconds, offset or no zone', () => {
  for (const text of [
    '2030-01-02T03:04:05.678901+00:00',
    '2030-01-02T03:04:05.678000+02:00',
    '2030-01-02T03:04:05',
    '2030-01-02T03:04:05-05:30',
    '0001-01-01T00:00:00+00:00',
  ]) {
    const json = marker('datetime', text);
    const value = decodeJson(json);
    assert.ok(value instanceof Date);
    assert.equal(encodeJson(value), json);
  }
});

test('a Date that says everything stays a plain Date, and one that was set again is written as set', () => {
  for (const text of ['2030-01-02T03:04:05.678000+00:00', '2030-01-02T03:04:05+00:00', '2030-01-02T03:04:05.5Z']) {
    const value = decodeJson(marker('datetime', text));
    assert.equal(Object.getPrototypeOf(value), Date.prototype, text);
  }
  const late = new PyDateTime('2030-01-02T03:04:05.678901+02:00');
  assert.deepStrictEqual(
    [late.microsecond, late.offset, late.toISOString()],
    [678901, '+02:00', '2030-01-02T01:04:05.678Z'],
  );
  late.setTime(0);
  assert.equal(encodeJson(late), marker('datetime', '1970-01-01T00:00:00+00:00'));
  for (const text of ['2030-01-02', '2030-01-02T03:04:05.5', 'x', '2030-13-01T00:00:00']) {
    assert.throws(() => new PyDateTime(text), EncodeError);
  }
});

class Money {
  readonly cents: number;
  constructor(cents: number) {
    this.cents = cents;
  }
}

test('WIRE-27 a type of the application travels under its marker, until it is taken back', () => {
  const undo = registerType({
    type: Money,
    marker: 'money',
    encode: (money) => ({ cents: money.cents, when: new Date(0) }),
    decode: (value) => {
      const { cents } = value as { cents: unknown };
      if (typeof cents !== 'number') throw new TypeError('no cents');
      return new Money(cents);
    },
  });
  const json = encodeJson([{ price: new Money(5) }]);
  assert.match(json, /"price":\{"__type__":"money","__value__":\{"cents":5,"when":\{"__type__":"datetime"/);
  assert.deepStrictEqual(decodeJson(json), [{ price: new Money(5) }]);
  assert.throws(
    () => decodeJson(marker('money', {})),
    (error) => {
      return error instanceof ProtocolError && error.reason === 'bad-typed-value';
    },
  );
  undo();
  assert.deepStrictEqual(decodeJson(marker('money', 5)), { __type__: 'money', __value__: 5 });
});
