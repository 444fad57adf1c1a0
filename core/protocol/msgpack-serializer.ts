/**
 * MessagePack (WIRE-23, protocol.md §3.4): texts as str, bytes as bin, no extension types, as Python writes and reads it.
 * Members and clients. The library is loaded when the first such message is met: hardly any program has one.
 */
import { createRequire } from 'node:module';
import type * as Msgpackr from 'msgpackr';
import { EncodeError, ProtocolError } from '../kernel/errors.js';
import type { Serializer } from '../ports/serializer.js';
import { scanMsgpack } from './msgpack-scan.js';
import { plainValue } from './plain-values.js';

interface Codec {
  readonly objects: Msgpackr.Packr;
  /** Reads mappings as Map, for messages with a key that a plain object would not take. */
  readonly maps: Msgpackr.Packr;
}

let loaded: Codec | null = null;

function codec(): Codec {
  if (loaded !== null) return loaded;
  const { Packr } = createRequire(import.meta.url)('msgpackr') as typeof Msgpackr;
  const options: Msgpackr.Options = { useRecords: false, moreTypes: false, encodeUndefinedAsNil: true };
  // Known to the library, not to its types: a number where that is exact, else a bigint.
  Object.assign(options, { int64AsType: 'auto' });
  loaded = {
    objects: new Packr({ ...options, mapsAsObjects: true }),
    maps: new Packr({ ...options, mapsAsObjects: false }),
  };
  return loaded;
}

export const msgpackSerializer: Serializer = {
  name: 'msgpack',
  contentType: 'application/x-msgpack',
  contentEncoding: 'binary',
  encode: (value) => {
    const plain = plainValue(value, 'msgpack');
    try {
      // The library reuses its buffer.
      return Buffer.from(codec().maps.pack(plain));
    } catch (error) {
      throw new EncodeError('cannot encode the value as msgpack: an integer has more than 64 bits', { cause: error });
    }
  },
  decode: (bytes, limits) => {
    const copy = Buffer.from(bytes);
    scanMsgpack(copy, limits);
    try {
      if (!copy.includes('__proto__')) return codec().objects.unpack(copy) as unknown;
      return withPlainTables(codec().maps.unpack(copy));
    } catch (error) {
      throw new ProtocolError('not MessagePack', { reason: 'undecodable', cause: error });
    }
  },
};

/** Of bounded depth, since the bytes were looked through. */
function withPlainTables(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainTables);
  if (!(value instanceof Map)) return value;
  const table = {};
  for (const [name, field] of value as Map<string, unknown>) {
    Object.defineProperty(table, name, {
      value: withPlainTables(field),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return table;
}
