/**
 * Compression of bodies and results (WIRE-30, protocol.md §3.3): the header `compression` carries the MIME type, readers
 * also take the aliases. Members and clients; cold, since few messages are compressed.
 *
 * Output is bounded while it is made: a body of a kilobyte that says it is gigabytes ends at the limit (reliability.md M7).
 */
import { createRequire } from 'node:module';
import { ConfigError, ProtocolError } from '../kernel/errors.js';
import type { Compression } from '../ports/compression.js';
import type * as Builtin from './builtin-compressions.js';
import { quoteShort } from './serializers.js';

function builtinCompressions(): readonly Compression[] {
  builtin ??= (createRequire(import.meta.url)('./builtin-compressions.js') as typeof Builtin).BUILTIN_COMPRESSIONS;
  return builtin;
}

let builtin: readonly Compression[] | null = null;

/** Of this thread. */
const registered: Compression[] = [];

/** Adds a format in this thread, or replaces one. @returns a function that takes it back. */
export function registerCompression(compression: Compression): () => void {
  registered.unshift(compression);
  return () => {
    const at = registered.indexOf(compression);
    if (at !== -1) registered.splice(at, 1);
  };
}

/**
 * A compression by name or MIME type, for settings and calls.
 * @throws ConfigError when there is none.
 */
export function compressionNamed(name: string): Compression {
  const found = findCompression(name);
  if (found !== undefined) return found;
  const known = [...registered, ...builtinCompressions()].flatMap(({ names }) => names);
  throw new ConfigError(`there is no compression "${name}" (known: ${known.join(', ')}; WIRE-30)`);
}

/**
 * What was compressed.
 * @param bytes may lie in shared memory; they are copied first, since another thread may write there.
 * @throws ProtocolError when the compression is unknown, its bytes are bad, or the output exceeds `maxBytes`.
 */
export function decompressBody(bytes: Uint8Array, compression: string, maxBytes: number): Uint8Array {
  const found = findCompression(compression);
  if (found === undefined) {
    throw new ProtocolError(`compression ${quoteShort(compression)} is not known`, { reason: 'unknown-compression' });
  }
  try {
    return found.decompress(Buffer.from(bytes), maxBytes);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The package for it is not installed: to the message it is a compression that nobody here reads.
    throw new ProtocolError(error.message, { reason: 'unknown-compression', cause: error });
  }
}

function findCompression(name: string): Compression | undefined {
  const isIt = (compression: Compression): boolean =>
    compression.contentType === name || compression.names.includes(name);
  return registered.find(isIt) ?? builtinCompressions().find(isIt);
}
