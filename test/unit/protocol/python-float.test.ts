import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPythonFloat } from '../../../core/protocol/python-float.js';

test('floats are written as Python writes them', () => {
  const cases: readonly (readonly [number, string])[] = [
    [1, '1.0'],
    [0.1, '0.1'],
    [-2.5, '-2.5'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.2345e20, '1.2345e+20'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [0, '0.0'],
    [-0, '-0.0'],
    [NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ];
  for (const [value, text] of cases) assert.equal(formatPythonFloat(value), text);
});

test('a finite float never looks like an integer and reads back as itself', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = formatPythonFloat(value);
      assert.match(text, /[.e]/);
      assert.ok(Object.is(Number(text), value));
    }),
  );
});
