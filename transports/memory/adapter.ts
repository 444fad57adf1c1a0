/** Entry of the memory transport for core/app/adapters.ts, which loads it by URL scheme. */
import type { Clock } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import type { Transport } from '../../core/ports/transport.js';
import { createMemoryTransport } from './memory-transport.js';

export interface TransportOptions {
  readonly url: string;
  readonly baseFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Readonly<Record<string, unknown>>;
}

export function createTransport(options: TransportOptions): Transport {
  return createMemoryTransport(options);
}
