/** Entry of the SQLite transport for core/app/adapters.ts. */
import type { AdapterOptions } from '../../core/ports/adapter.js';
import type { Transport } from '../../core/ports/transport.js';
import { createSqliteTransport } from './sqlite-transport.js';

export function createTransport(options: AdapterOptions): Transport {
  return createSqliteTransport(options);
}
