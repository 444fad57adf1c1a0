/** Entry of the memory transport for core/app/adapters.ts. */
import type { AdapterOptions } from '../../core/ports/adapter.js';
import type { Transport } from '../../core/ports/transport.js';
import { createMemoryTransport } from './memory-transport.js';

export function createTransport(options: AdapterOptions): Transport {
  return createMemoryTransport(options);
}
