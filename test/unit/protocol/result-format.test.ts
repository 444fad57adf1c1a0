/** Stored documents in other formats than plain JSON. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, ContentDisallowed, EncodeError, ProtocolError } from '../../../core/kernel/errors.js';
import { encodeJson } from '../../../core/protocol/json-encode.js';
import { Decimal, Uuid } from '../../../core/protocol/python-values.js';
import { ResultFormat, type ResultFormatSettings } from '../../../core/protocol/result-format.js';

const PLAIN: ResultFormatSettings = {
  resultSerializer: 'json',
  resultCompression: null,
  resultAcceptContent: ['json'],
};

function formatOf(settings: Partial<ResultFormatSettings>): ResultFormat {
  return new ResultFormat({ ...PLAIN, ...settings });
}

/** What a value is after it was written as JSON, stored in the format and read. */
function afterStore(value: unknown, format: ResultFormat): unknown {
  return format.decode(format.encode(Buffer.from(encodeJson(value))));
}

describe('result format', () => {
  test('the usual settings have none, unless JSON may not be read', () => {
    assert.equal(ResultFormat.of(PLAIN), null);
    assert.equal(ResultFormat.of({ ...PLAIN, resultAcceptContent: ['application/json'] }), null);
    const refusing = ResultFormat.of({ ...PLAIN, resultAcceptContent: ['msgpack'] });
    assert.throws(() => refusing?.decode(Buffer.from('{"status":"SUCCESS"}')), ContentDisallowed);
  });

  test('a name that nobody knows is an error of the configuration', () => {
    assert.throws(() => formatOf({ resultSerializer: 'bson' }), ConfigError);
    assert.throws(() => formatOf({ resultCompression: 'rar' }), ConfigError);
  });

  test('a format that is only read says so when it is to be written', () => {
    const bzip2 = formatOf({ resultCompression: 'bzip2' });
    assert.throws(() => {
      bzip2.assertWritable();
    }, ConfigError);
    formatOf({ resultSerializer: 'msgpack', resultCompression: 'zlib' }).assertWritable();
  });

  test('values of JSON come back from every serializer and compression', () => {
    const value = { status: 'SUCCESS', result: [1, 2.5, 'ü', null, true, { deep: [] }] };
    for (const resultSerializer of ['json', 'msgpack', 'yaml', 'pickle']) {
      for (const resultCompression of [null, 'zlib', 'brotli']) {
        const format = formatOf({ resultSerializer, resultCompression, resultAcceptContent: [resultSerializer] });
        assert.deepEqual(afterStore(value, format), value, `${resultSerializer} ${String(resultCompression)}`);
      }
    }
  });

  test('typed values come back where the serializer has a word for them, and are refused where it has none', () => {
    const instant = new Date('2030-01-02T03:04:05.678Z');
    for (const resultSerializer of ['pickle', 'yaml']) {
      const format = formatOf({ resultSerializer, resultAcceptContent: [resultSerializer] });
      const read = afterStore({ at: instant, raw: Buffer.from([0xff, 1]) }, format) as { at: Date; raw: Uint8Array };
      assert.equal(read.at.getTime(), instant.getTime(), resultSerializer);
      assert.deepEqual([...read.raw], [0xff, 1], resultSerializer);
    }
    const pickle = formatOf({ resultSerializer: 'pickle', resultAcceptContent: ['pickle'] });
    assert.equal(String(afterStore(new Decimal('10.250'), pickle)), '10.250');
    const msgpack = formatOf({ resultSerializer: 'msgpack', resultAcceptContent: ['msgpack'] });
    for (const value of [instant, new Decimal('1.5'), new Uuid('0'.repeat(32))]) {
      assert.throws(() => afterStore({ result: value }, msgpack), EncodeError);
    }
  });

  test('what is not accepted is refused before it is decoded', () => {
    const msgpack = formatOf({ resultSerializer: 'msgpack', resultAcceptContent: ['json'] });
    assert.throws(() => msgpack.decode(Buffer.from([0xc1])), ContentDisallowed);
    const accepting = formatOf({ resultSerializer: 'msgpack', resultAcceptContent: ['application/x-msgpack'] });
    assert.throws(
      () => accepting.decode(Buffer.from([0xc1])),
      (error) => error instanceof ProtocolError && !(error instanceof ContentDisallowed),
    );
  });

  test('a document of JSON from before the setting is read where JSON is accepted', () => {
    const older = Buffer.from('{"status":"SUCCESS","result":1}');
    for (const changed of [{ resultSerializer: 'msgpack' }, { resultCompression: 'zlib' }]) {
      const accepting = formatOf({ ...changed, resultAcceptContent: ['json', 'msgpack'] });
      assert.deepEqual(accepting.decode(older), { status: 'SUCCESS', result: 1 });
    }
    const strict = formatOf({ resultSerializer: 'msgpack', resultAcceptContent: ['msgpack'] });
    assert.throws(() => strict.decode(older), ProtocolError);
  });

  test('a type that nobody knows stays a plain object in a compressed result', () => {
    const unknown = { __type__: 'stranger', __value__: 1 };
    assert.deepEqual(afterStore(unknown, formatOf({ resultCompression: 'zlib' })), unknown);
  });
});
