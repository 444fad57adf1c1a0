/**
 * The serializers beside JSON. Loaded as one by serializers.ts for the first message or setting that names another
 * format: their twelve modules would cost every client and member some milliseconds of its start.
 */
import type { Serializer } from '../ports/serializer.js';
import { msgpackSerializer } from './msgpack-serializer.js';
import { pickleSerializer } from './pickle-serializer.js';
import { rawSerializer, textSerializer } from './raw-serializer.js';
import { yamlSerializer } from './yaml-serializer.js';

export const RARE_SERIALIZERS: readonly Serializer[] = [
  msgpackSerializer,
  yamlSerializer,
  pickleSerializer,
  rawSerializer,
  textSerializer,
];
