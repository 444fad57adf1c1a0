/** Pickles that Python 3.11 wrote are read as data; what would call anything is refused (NM-09, M4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentDisallowed, EncodeError, ProtocolError } from '../../../core/kernel/errors.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../../core/protocol/message-limits.js';
import { readPickle } from '../../../core/protocol/pickle-reader.js';
import { writePickle } from '../../../core/protocol/pickle-writer.js';
import { PyDateTime } from '../../../core/protocol/python-datetime.js';
import { Decimal, PyDate, PyTime, PyTimeDelta, pyFloat, Uuid } from '../../../core/protocol/python-values.js';

/** `pickle.dumps` of one dict, by protocol. */
const written: readonly (readonly [protocol: number, base64: string])[] = [
  [
    2,
    'gAJ9cQAoWAEAAABucQFOWAEAAABicQJdcQMoiIllWAEAAABpcQRdcQUoSwBK/////0v/SgAAAQCKBgAAAAAAAYoJAAAAAAAAAADA' +
      'ZVgBAAAAZnEGXXEHKEc/+AAAAAAAAEd/8AAAAAAAAGVYAQAAAHNxCFgGAAAAw6nwn5iAcQlYAQAAAHlxCmNfY29kZWNzCmVuY29k' +
      'ZQpxC1gDAAAAAMO/cQxYBgAAAGxhdGluMXENhnEOUnEPWAEAAAB0cRBLAUsChXERhnESWAEAAAB6cRNjX19idWlsdGluX18Kc2V0' +
      'CnEUXXEVSwFhhXEWUnEXWAIAAABmc3EYY19fYnVpbHRpbl9fCmZyb3plbnNldApxGV1xGlgBAAAAYXEbYYVxHFJxHVgCAAAAZHRx' +
      'HmNkYXRldGltZQpkYXRldGltZQpxH2gLWAwAAAAHw64BAgMEBQpbw7VxIGgNhnEhUnEihXEjUnEkWAIAAABkenElaB9oC1gLAAAA' +
      'B8OuAQIDBAUAAABxJmgNhnEnUnEoY2RhdGV0aW1lCnRpbWV6b25lCnEpY2RhdGV0aW1lCnRpbWVkZWx0YQpxKksASwBLAIdxK1Jx' +
      'LIVxLVJxLoZxL1JxMFgCAAAAZG9xMWgfaAtYCwAAAAfDrgECAwQFAAAGcTJoDYZxM1JxNGgpaCpK/////0ooBAEASwCHcTVScTaF' +
      'cTdScTiGcTlScTpYAQAAAGRxO2NkYXRldGltZQpkYXRlCnE8aAtYBQAAAAfDrgECcT1oDYZxPlJxP4VxQFJxQVgCAAAAdG1xQmNk' +
      'YXRldGltZQp0aW1lCnFDaAtYBgAAAAMEBQAABnFEaA2GcUVScUaFcUdScUhYAgAAAHRkcUloKkr/////SwVLAIdxSlJxS1gDAAAA' +
      'ZGVjcUxjZGVjaW1hbApEZWNpbWFsCnFNWAYAAAAxMC4yNTBxToVxT1JxUFgBAAAAdXFRY3V1aWQKVVVJRApxUimBcVN9cVRYAwAA' +
      'AGludHFVihB4VjQSeFY0EnhWNBJ4VjQSc2JYAQAAAGVxVmNleGNlcHRpb25zClZhbHVlRXJyb3IKcVdYBAAAAGJvb21xWEsqhnFZ' +
      'UnFaWAEAAABrcVt9cVxLAWgbc1gCAAAAYmFxXWNfX2J1aWx0aW5fXwpieXRlYXJyYXkKcV5oC1gCAAAAw79xX2gNhnFgUnFhhXFi' +
      'UnFjdS4=',
  ],
  [
    3,
    'gAN9cQAoWAEAAABucQFOWAEAAABicQJdcQMoiIllWAEAAABpcQRdcQUoSwBK/////0v/SgAAAQCKBgAAAAAAAYoJAAAAAAAAAADA' +
      'ZVgBAAAAZnEGXXEHKEc/+AAAAAAAAEd/8AAAAAAAAGVYAQAAAHNxCFgGAAAAw6nwn5iAcQlYAQAAAHlxCkMCAP9xC1gBAAAAdHEM' +
      'SwFLAoVxDYZxDlgBAAAAenEPY2J1aWx0aW5zCnNldApxEF1xEUsBYYVxElJxE1gCAAAAZnNxFGNidWlsdGlucwpmcm96ZW5zZXQK' +
      'cRVdcRZYAQAAAGFxF2GFcRhScRlYAgAAAGR0cRpjZGF0ZXRpbWUKZGF0ZXRpbWUKcRtDCgfuAQIDBAUKW/VxHIVxHVJxHlgCAAAA' +
      'ZHpxH2gbQwoH7gECAwQFAAAAcSBjZGF0ZXRpbWUKdGltZXpvbmUKcSFjZGF0ZXRpbWUKdGltZWRlbHRhCnEiSwBLAEsAh3EjUnEk' +
      'hXElUnEmhnEnUnEoWAIAAABkb3EpaBtDCgfuAQIDBAUAAAZxKmghaCJK/////0ooBAEASwCHcStScSyFcS1ScS6GcS9ScTBYAQAA' +
      'AGRxMWNkYXRldGltZQpkYXRlCnEyQwQH7gECcTOFcTRScTVYAgAAAHRtcTZjZGF0ZXRpbWUKdGltZQpxN0MGAwQFAAAGcTiFcTlS' +
      'cTpYAgAAAHRkcTtoIkr/////SwVLAIdxPFJxPVgDAAAAZGVjcT5jZGVjaW1hbApEZWNpbWFsCnE/WAYAAAAxMC4yNTBxQIVxQVJx' +
      'QlgBAAAAdXFDY3V1aWQKVVVJRApxRCmBcUV9cUZYAwAAAGludHFHihB4VjQSeFY0EnhWNBJ4VjQSc2JYAQAAAGVxSGNidWlsdGlu' +
      'cwpWYWx1ZUVycm9yCnFJWAQAAABib29tcUpLKoZxS1JxTFgBAAAAa3FNfXFOSwFoF3NYAgAAAGJhcU9jYnVpbHRpbnMKYnl0ZWFy' +
      'cmF5CnFQQwH/cVGFcVJScVN1Lg==',
  ],
  [
    4,
    'gASVLAIAAAAAAAB9lCiMAW6UTowBYpRdlCiIiWWMAWmUXZQoSwBK/////0v/SgAAAQCKBgAAAAAAAYoJAAAAAAAAAADAZYwBZpRd' +
      'lChHP/gAAAAAAABHf/AAAAAAAABljAFzlIwGw6nwn5iAlIwBeZRDAgD/lIwBdJRLAUsChZSGlIwBepSPlChLAZCMAmZzlCiMAWGU' +
      'kZSMAmR0lIwIZGF0ZXRpbWWUjAhkYXRldGltZZSTlEMKB+4BAgMEBQpb9ZSFlFKUjAJkepRoF0MKB+4BAgMEBQAAAJRoFYwIdGlt' +
      'ZXpvbmWUk5RoFYwJdGltZWRlbHRhlJOUSwBLAEsAh5RSlIWUUpSGlFKUjAJkb5RoF0MKB+4BAgMEBQAABpRoHmggSv////9KKAQB' +
      'AEsAh5RSlIWUUpSGlFKUjAFklGgVjARkYXRllJOUQwQH7gEClIWUUpSMAnRtlGgVjAR0aW1llJOUQwYDBAUAAAaUhZRSlIwCdGSU' +
      'aCBK/////0sFSwCHlFKUjANkZWOUjAdkZWNpbWFslIwHRGVjaW1hbJSTlIwGMTAuMjUwlIWUUpSMAXWUjAR1dWlklIwEVVVJRJST' +
      'lCmBlH2UjANpbnSUihB4VjQSeFY0EnhWNBJ4VjQSc2KMAWWUjAhidWlsdGluc5SMClZhbHVlRXJyb3KUk5SMBGJvb22USyqGlFKU' +
      'jAFrlH2USwFoEnOMAmJhlGhNjAlieXRlYXJyYXmUk5RDAf+UhZRSlHUu',
  ],
  [
    5,
    'gAWVHwIAAAAAAAB9lCiMAW6UTowBYpRdlCiIiWWMAWmUXZQoSwBK/////0v/SgAAAQCKBgAAAAAAAYoJAAAAAAAAAADAZYwBZpRd' +
      'lChHP/gAAAAAAABHf/AAAAAAAABljAFzlIwGw6nwn5iAlIwBeZRDAgD/lIwBdJRLAUsChZSGlIwBepSPlChLAZCMAmZzlCiMAWGU' +
      'kZSMAmR0lIwIZGF0ZXRpbWWUjAhkYXRldGltZZSTlEMKB+4BAgMEBQpb9ZSFlFKUjAJkepRoF0MKB+4BAgMEBQAAAJRoFYwIdGlt' +
      'ZXpvbmWUk5RoFYwJdGltZWRlbHRhlJOUSwBLAEsAh5RSlIWUUpSGlFKUjAJkb5RoF0MKB+4BAgMEBQAABpRoHmggSv////9KKAQB' +
      'AEsAh5RSlIWUUpSGlFKUjAFklGgVjARkYXRllJOUQwQH7gEClIWUUpSMAnRtlGgVjAR0aW1llJOUQwYDBAUAAAaUhZRSlIwCdGSU' +
      'aCBK/////0sFSwCHlFKUjANkZWOUjAdkZWNpbWFslIwHRGVjaW1hbJSTlIwGMTAuMjUwlIWUUpSMAXWUjAR1dWlklIwEVVVJRJST' +
      'lCmBlH2UjANpbnSUihB4VjQSeFY0EnhWNBJ4VjQSc2KMAWWUjAhidWlsdGluc5SMClZhbHVlRXJyb3KUk5SMBGJvb22USyqGlFKU' +
      'jAFrlH2USwFoEnOMAmJhlJYBAAAAAAAAAP+UdS4=',
  ],
];

const value = {
  n: null,
  b: [true, false],
  i: [0, -1, 255, 65536, 2 ** 40, -(2n ** 70n)],
  f: [1.5, Infinity],
  s: 'é😀',
  y: Buffer.from([0, 255]),
  t: [1, [2]],
  z: new Set([1]),
  fs: new Set(['a']),
  dt: new PyDateTime('2030-01-02T03:04:05.678901'),
  dz: new Date(Date.UTC(2030, 0, 2, 3, 4, 5)),
  do: new PyDateTime('2030-01-02T03:04:05.000006-05:30'),
  d: new PyDate(2030, 1, 2),
  tm: new PyTime('03:04:05.000006'),
  td: new PyTimeDelta(-1, 5, 0),
  dec: new Decimal('10.250'),
  u: new Uuid('12345678123456781234567812345678'),
  e: { exc_type: 'ValueError', exc_message: ['boom', 42], exc_module: 'builtins' },
  k: new Map([[1, 'a']]),
  ba: Buffer.from([255]),
};

function read(bytes: Buffer | string, limits = DEFAULT_MESSAGE_LIMITS): unknown {
  return readPickle(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, limits);
}

for (const [protocol, base64] of written) {
  test(`NM-09 protocol ${String(protocol)} of pickle reads as data`, () => {
    assert.deepStrictEqual(read(Buffer.from(base64, 'base64')), value);
  });
}

test('NM-09 plain data of the oldest protocols reads, too', () => {
  const expected = { a: [null, true, false, 0, -1, 2n ** 70n, 1.5, 'é\n\\u0041'], t: [1, 2] };
  for (const base64 of [
    'KGRwMApWYQpwMQoobHAyCk5hSTAxCmFJMDAKYUkwCmFJLTEKYUwxMTgwNTkxNjIwNzE3NDExMzAzNDI0TAphRjEuNQphVulcdTAwMGFcdTAwNWN1MDA0MQpwMwphc1Z0CnA0CihJMQpJMgp0cDUKcy4=',
    'fXEAKFgBAAAAYXEBXXECKE5JMDEKSTAwCksASv////9MMTE4MDU5MTYyMDcxNzQxMTMwMzQyNEwKRz/4AAAAAAAAWAkAAADDqQpcdTAwNDFxA2VYAQAAAHRxBChLAUsCdHEFdS4=',
  ]) {
    assert.deepStrictEqual(read(Buffer.from(base64, 'base64')), expected);
  }
});

test('NM-09 what is written is read again, and Python reads it', () => {
  const { e, fs, ...rest } = value;
  const again = read(Buffer.from(writePickle(rest)));
  assert.deepStrictEqual(again, rest);
  assert.equal(e.exc_type + String(fs.size), 'ValueError1');
  // Checked by Python 3.11: {'a': [1, 1.0, 'é'], 'd': datetime.date(2030, 1, 2)}.
  assert.equal(
    Buffer.from(writePickle({ a: [1, pyFloat(1), 'é'], d: new PyDate(2030, 1, 2) })).toString('latin1'),
    '\x80\x04}(X\x01\0\0\0a](\x8a\x01\x01G\x3f\xf0\0\0\0\0\0\0X\x02\0\0\0\xc3\xa9eX\x01\0\0\0d' +
      'cdatetime\ndate\n(B\x04\0\0\0\x07\xee\x01\x02tRu.',
  );
  const loop: unknown[] = [];
  loop.push(loop);
  for (const bad of [[() => 1], loop, [new Error('x')], [new Map([[[], 1]])]]) {
    assert.throws(() => writePickle(bad), EncodeError);
  }
});

test('M4 no pickle calls, makes or names anything beyond the list', () => {
  for (const pickle of [
    'cposix\nsystem\n(Vtrue\ntR.',
    '\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.',
    'cbuiltins\neval\n(V1\ntR.',
    'c__builtin__\ngetattr\n.',
    'cbuiltins\nset\n.',
    'cbuiltins\nobject\n)\x81.',
    'ccopy_reg\n_reconstructor\n.',
    'ccelery.app.base\n_unpickle_appattr\n.',
    'ccelery.exceptions\n__import__\n.',
    'ctoString\nconstructor\n.',
    'cdatetime\ndate\n)\x81.',
    '(i__main__\nX\n.',
    '(cbuiltins\nset\no.',
    '\x82\x01.',
    'Pid\n.',
    'NQ.',
    '](}b.',
    '\x97.',
  ]) {
    assert.throws(
      () => read(pickle),
      (error) => error instanceof ProtocolError,
      pickle,
    );
  }
  assert.throws(() => read('cposix\nsystem\n(Vtrue\ntR.'), ContentDisallowed);
});

test('M6 damage and bombs of references are a ProtocolError', () => {
  const bomb = `]q\x00${Array.from({ length: 60 }, (_, i) => `]q${String.fromCharCode(i + 1)}(${`h${String.fromCharCode(i)}`.repeat(9)}e`).join('')}.`;
  const deep = `${']'.repeat(100)}${'a'.repeat(99)}.`;
  for (const [pickle, reason] of [
    [bomb, 'undecodable'],
    [deep, 'too-deep'],
    [']q\0h\0a.', 'too-deep'],
    ['X\xff\xff\xff\x7f.', 'too-long-string'],
    ['X\x01\0\0\0\xff.', 'bad-text'],
    ['', 'undecodable'],
    ['.', 'undecodable'],
    ['N', 'undecodable'],
    ['N.N', 'undecodable'],
    ['NN.', 'undecodable'],
    ['h\x05.', 'undecodable'],
    ['t.', 'undecodable'],
    ['Na.', 'undecodable'],
    ['](NNu.', 'undecodable'],
    ['}(Nu.', 'undecodable'],
    ['Ix\n.', 'undecodable'],
    ['Fx\n.', 'undecodable'],
    ['cdatetime\ndate\n(B\x04\0\0\0\0\0\0\0tR.', 'undecodable'],
    ['cdecimal\nDecimal\n(VxtR.', 'undecodable'],
    ['cuuid\nUUID\n(VxtR.', 'undecodable'],
    ['NNR.', 'undecodable'],
  ] as const) {
    assert.throws(() => read(pickle), { name: 'ProtocolError', reason }, pickle.slice(0, 40));
  }
});

/** `(I1 I2 …)` as a list in memo 0, then for each time: get it, one-tuple, reduce. */
function repeated(name: string, argument: Buffer, times: number): Buffer {
  const call = Buffer.from('h\x01h\x00\x85R', 'latin1');
  const head = Buffer.concat([Buffer.from('('), argument, Buffer.from(`q\x000c${name}\nq\x010`, 'latin1')]);
  return Buffer.concat([head, ...Array.from({ length: times }, () => call), Buffer.from('l.')]);
}

test('M7 a pickle that copies one list, set or text again and again is refused before memory is gone', () => {
  const limits = { ...DEFAULT_MESSAGE_LIMITS, maxNodes: 1_000, maxBytes: 10_000 };
  const list = Buffer.concat([Buffer.from('('), Buffer.alloc(500, 'N'), Buffer.from('l')]);
  for (const name of ['builtins\nlist', 'builtins\nfrozenset', 'builtins\nset', 'builtins\nValueError']) {
    assert.doesNotThrow(() => readPickle(repeated(name, list, 1), limits), name);
    assert.throws(() => readPickle(repeated(name, list, 400), limits), { reason: 'too-many-values' }, name);
  }
  const text = Buffer.concat([Buffer.from('X\xd0\x07\0\0', 'latin1'), Buffer.alloc(2_000, '1')]);
  for (const name of ['_codecs\nencode', 'decimal\nDecimal']) {
    assert.throws(() => readPickle(repeated(name, text, 20), limits), { reason: 'too-large' }, name);
  }
});

test('M7 a pickle of nothing but empty containers is refused while it is read', () => {
  const limits = { ...DEFAULT_MESSAGE_LIMITS, maxNodes: 1_000 };
  for (const code of ['}', ']', ')', '\x8f', '(']) {
    const bytes = Buffer.alloc(5_000, code, 'latin1');
    assert.throws(() => readPickle(bytes, limits), { reason: 'too-many-values' }, code);
  }
});
