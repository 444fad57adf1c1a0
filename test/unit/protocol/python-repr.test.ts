import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { argsRepr, kwargsRepr } from '../../../core/protocol/python-repr.js';
import { Decimal, PyDate, PyTime, Uuid, pyFloat } from '../../../core/protocol/python-values.js';

test('NM-10 arguments look like a Python tuple, keyword arguments like a dict', () => {
  assert.equal(argsRepr([]), '()');
  assert.equal(argsRepr([1]), '(1,)');
  assert.equal(argsRepr([1, 2]), '(1, 2)');
  assert.equal(kwargsRepr({}), '{}');
  assert.equal(kwargsRepr({ k: 1, 'a b': null }), "{'k': 1, 'a b': None}");
  assert.equal(
    argsRepr([null, undefined, true, false, 'x', 1.5, 10n, [1, [2]], { a: 'b' }]),
    "(None, None, True, False, 'x', 1.5, 10, [1, [2]], {'a': 'b'})",
  );
});

test('strings are quoted and escaped as by repr() of Python', () => {
  const cases: readonly (readonly [string, string])[] = [
    ["it's", '"it\'s"'],
    ['say "x"', '\'say "x"\''],
    [`both ' "`, `'both \\' "'`],
    ['a\\b', "'a\\\\b'"],
    ['a\n\r\t', "'a\\n\\r\\t'"],
    ['\u0000\u001b\u007f', "'\\x00\\x1b\\x7f'"],
    ['é ключ 😀', "'é ключ 😀'"],
    ['\u00a0\u202e\u2028', "'\\xa0\\u202e\\u2028'"],
    ['\ud800', "'\\ud800'"],
    ['\u{e0001}', "'\\U000e0001'"],
    [' ', "' '"],
  ];
  for (const [text, repr] of cases) assert.equal(argsRepr([text]), `(${repr},)`);
});

test('typed values have the repr of their Python twin', () => {
  const args = [
    new Date(Date.UTC(2030, 0, 2, 3, 4, 5, 678)),
    new Date(Date.UTC(2030, 0, 2)),
    new PyDate(2030, 1, 2),
    new PyTime('03:04:05.000006'),
  ];
  assert.equal(
    argsRepr(args),
    '(datetime.datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc), datetime.datetime(2030, 1, 2, 0, 0, tzinfo=datetime.timezone.utc), ' +
      'datetime.date(2030, 1, 2), datetime.time(3, 4, 5, 6))',
  );
  assert.equal(
    argsRepr([
      new Decimal('10.250'),
      new Uuid('12345678123456781234567812345678'),
      Buffer.from('abc'),
      Buffer.from([0, 255, 254]),
      pyFloat(1),
      new Set(),
      new Set([1]),
    ]),
    "(Decimal('10.250'), UUID('12345678-1234-5678-1234-567812345678'), b'abc', b'00fffe', 1.0, set(), {1})",
  );
});

test('WIRE-05 containers deeper than three are cut, and so are cycles', () => {
  assert.equal(argsRepr([[[[1]]]]), '([[[...]]],)');
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assert.equal(argsRepr(cycle), '([[[...]]],)');
});

test('WIRE-05 long texts end in ... at about 1024 characters with closed brackets', () => {
  const numbers = argsRepr(Array.from({ length: 100_000 }, (_, i) => i));
  assert.match(numbers, /^\(0, 1, .*, \.\.\.\)$/);
  const text = argsRepr(['x'.repeat(10_000_000), 1]);
  assert.match(text, /^\('x+\.\.\.', \.\.\.\)$/);
  for (const repr of [numbers, text]) assert.ok(repr.length > 900 && repr.length < 1_050, String(repr.length));
});

test('a value that throws while it is looked at does not', () => {
  const hostile = {
    get x(): never {
      throw new Error('no');
    },
  };
  assert.equal(
    argsRepr([
      1,
      hostile,
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
      2,
    ]),
    '(1, <unrepresentable>, <unrepresentable>, 2)',
  );
});

test('whatever the arguments, the text is short, printable and one line', () => {
  fc.assert(
    fc.property(
      fc.array(fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true, withBigInt: true })),
      (args) => {
        const repr = argsRepr(args);
        assert.ok(repr.startsWith('(') && repr.endsWith(')'));
        assert.doesNotMatch(repr, /[\p{Cc}\p{Cs}]/u);
      },
    ),
  );
});
