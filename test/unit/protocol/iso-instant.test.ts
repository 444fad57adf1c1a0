import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EncodeError } from '../../../core/kernel/errors.js';
import { formatInstant, parseInstant } from '../../../core/protocol/iso-instant.js';

test('an instant that is written is read as itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62135596800000, max: 253402300799999 }), (epochMs) => {
      assert.equal(parseInstant(formatInstant(epochMs)), epochMs);
      assert.equal(parseInstant(new Date(epochMs).toISOString().replace('+00', '')), epochMs);
    }),
  );
});

test('instants are written with six digits, or none, and +00:00', () => {
  assert.equal(formatInstant(Date.UTC(2030, 0, 2, 3, 4, 5, 678)), '2030-01-02T03:04:05.678000+00:00');
  assert.equal(formatInstant(Date.UTC(2030, 0, 2, 3, 4, 5)), '2030-01-02T03:04:05+00:00');
});

test('WIRE-31 every form of ISO 8601 that Python reads is read, without offset as UTC', () => {
  const expected = Date.UTC(2030, 0, 2, 3, 4, 5);
  for (const [text, epochMs] of [
    ['2030-01-02T03:04:05', expected],
    ['2030-01-02T03:04:05Z', expected],
    ['2030-01-02t03:04:05z', expected],
    ['2030-01-02 03:04:05+00:00', expected],
    ['20300102T030405Z', expected],
    ['2030-01-02T05:04:05+02:00', expected],
    ['2030-01-01T22:34:05-0430', expected],
    ['2030-01-02T05:04:05+02', expected],
    ['2030-01-02T03:04:05.6Z', expected + 600],
    ['2030-01-02T03:04:05,678Z', expected + 678],
    ['2030-01-02T03:04:05.678901+00:00', expected + 678],
    ['2030-01-02T03:04:05.678901234Z', expected + 678],
    ['2030-01-02T03:04', expected - 5_000],
    ['2030-01-02', Date.UTC(2030, 0, 2)],
    ['0099-03-01T00:00:00Z', new Date('0099-03-01T00:00:00Z').getTime()],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
  ] as const) {
    assert.equal(parseInstant(text), epochMs, text);
  }
});

test('M11 what is no instant is null', () => {
  for (const text of [
    '',
    'now',
    '5',
    '0000-01-01T00:00:00Z',
    '275761-01-01T00:00:00Z',
    '2030-13-01',
    '2030-02-29',
    '2030-01-00',
    '2030-01-02T24:00:00',
    '2030-01-02T03:60:00',
    '2030-01-02T03:04:60',
    '2030-01-02T03:04:05+24:00',
    '2030-01-02T03:04:05+02:60',
    '2030-01-02T03:04:05 Europe/Berlin',
    '2030-01-02T03:04:05.Z',
    '2030-01-02T03:04:05.1234567890Z',
    `2030-01-02T03:04:05.${'1'.repeat(100_000)}`,
    '2030-W01-1',
    '2030-01-02Z',
  ]) {
    assert.equal(parseInstant(text), null, text.slice(0, 60));
  }
});

test('an instant that Python has no datetime for is refused', () => {
  for (const epochMs of [NaN, Infinity, 8.64e15, -62135596800001])
    assert.throws(() => formatInstant(epochMs), EncodeError);
});
