/**
 * Python's pickle as a format of messages (WIRE-21, NM-09): off unless `acceptContent` names it, and then data only.
 * Members and clients.
 */
import type { Serializer } from '../ports/serializer.js';
import { readPickle } from './pickle-reader.js';
import { writePickle } from './pickle-writer.js';

export const pickleSerializer: Serializer = {
  name: 'pickle',
  contentType: 'application/x-python-serialize',
  contentEncoding: 'binary',
  encode: writePickle,
  decode: (bytes, limits) => readPickle(Buffer.from(bytes), limits),
};
