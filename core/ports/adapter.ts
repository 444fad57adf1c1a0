/**
 * What the entry file of an adapter (`adapter.ts` in its folder) exports, and what it is given. `core/app/adapters.ts`
 * loads it by URL scheme or pool kind, when it is first needed.
 */
import type { Clock } from '../kernel/clock.js';
import type { Random } from '../kernel/random.js';
import type { Backend } from './backend.js';
import type { Pool, PoolHandlers } from './pool.js';
import type { Transport } from './transport.js';

export interface AdapterOptions {
  readonly url: string;
  /** Folder at which relative paths of the URL start. */
  readonly baseFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Stored results are removed after this time, ms; null keeps them. Backends only. */
  readonly resultExpiresMs: number | null;
  /** Only so many results are kept, the last ones; null keeps all. Backends only. */
  readonly resultMaxCount: number | null;
}

export interface TransportAdapter {
  /** Opens nothing. @throws ConfigError for a URL that makes no sense. */
  createTransport(options: AdapterOptions): Transport;
}

export interface BackendAdapter {
  /** Opens nothing. @throws ConfigError for a URL that makes no sense. */
  createBackend(options: AdapterOptions): Backend;
}

/** What a worker asks of a pool, whatever its kind. */
export interface PoolOptions {
  /** The member program, importable. */
  readonly program: URL;
  /** Given to each member; structured-clonable. */
  readonly data: unknown;
  /** Number of members. */
  readonly size: number;
  /** A member is replaced after this many jobs; null never. */
  readonly maxJobsPerMember: number | null;
  /** Heap of a member in MB; null leaves it to Node. */
  readonly maxHeapMb: number | null;
  /** A member whose memory has grown by so much over its own baseline is replaced after its job, KiB; null never. */
  readonly maxMemoryPerMemberKib: number | null;
  /** Members are replaced one by one while the process's RSS is above, MB; null never. */
  readonly maxRssMb: number | null;
  /** A member is replaced after this time, ms; null never. */
  readonly maxAgeMs: number | null;
  /** Asynchronous jobs that one member runs at a time. */
  readonly asyncPerMember: number;
  /** Jobs that wait in a lane; null adapts it to their run time. */
  readonly laneDepth: number | null;
  /** Members that are ready and idle until one is lost. */
  readonly warmSpares: number;
  /** Bodies too large for a ring that the pool holds at a time, bytes. */
  readonly maxRetainedBytes: number;
  readonly handlers: PoolHandlers;
}

/** What a worker without settings of its own asks for. */
export const PLAIN_POOL = Object.freeze({
  maxJobsPerMember: null,
  maxHeapMb: null,
  maxMemoryPerMemberKib: null,
  maxRssMb: null,
  maxAgeMs: null,
  asyncPerMember: 1,
  laneDepth: null,
  warmSpares: 0,
  maxRetainedBytes: 256 * 2 ** 20,
}) satisfies Partial<PoolOptions>;

export interface PoolAdapter {
  /** Starts nothing. */
  createPool(options: PoolOptions): Pool;
}
