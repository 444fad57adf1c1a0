/**
 * URL scheme → adapter, loaded when it is first needed. The only file that names transports and backends; what a server
 * client needs to be installed is said here in one line.
 */
import { ConfigError } from '../kernel/errors.js';
import type { AdapterOptions, BackendAdapter, PoolAdapter, PoolOptions, TransportAdapter } from '../ports/adapter.js';
import type { Backend } from '../ports/backend.js';
import type { Pool, PoolHandlers } from '../ports/pool.js';
import type { Transport } from '../ports/transport.js';
import { nearMiss } from '../kernel/near-miss.js';
import type * as EagerRunner from './eager-runner.js';

const transports: Readonly<Record<string, () => Promise<TransportAdapter>>> = {
  sqlite: () => import('../../transports/sqlite/adapter.js'),
  memory: () => import('../../transports/memory/adapter.js'),
};

const backends: Readonly<Record<string, () => Promise<BackendAdapter>>> = {
  sqlite: () => import('../../backends/sqlite/adapter.js'),
  memory: () => import('../../backends/memory/adapter.js'),
};

/** Kinds of pool that are here; what else they are called is said in core/worker/pool-kind.ts. */
export type PoolKind = 'threads' | 'processes' | 'solo';

const pools: Readonly<Record<PoolKind, () => Promise<PoolAdapter>>> = {
  threads: () => import('../../pools/thread/adapter.js'),
  processes: () => import('../../pools/process/adapter.js'),
  solo: () => import('../../pools/solo/adapter.js'),
};

/**
 * Loads one adapter after the other. A worker opens three at once; Jest's loader of ES modules cannot link a module that
 * two imports share while one of them is under way ("is not in cache"). Nothing is lost: linking is work of this thread.
 */
let loading: Promise<unknown> = Promise.resolve();

function inTurn<T>(load: () => Promise<T>): Promise<T> {
  const loaded = loading.then(load);
  loading = loaded.catch(() => undefined);
  return loaded;
}

/** @param kind one that is here, or what the user has brought along. @throws ConfigError for options out of range. */
export async function openPool(kind: PoolKind | PoolAdapter, options: PoolOptions): Promise<Pool> {
  const adapter = typeof kind === 'string' ? await inTurn(pools[kind]) : kind;
  const { GatedPool } = await inTurn(() => import('../../pools/gated-pool.js'));
  const open = (handlers: PoolHandlers): Pool => adapter.createPool({ ...options, handlers });
  return new GatedPool(open, options.handlers);
}

/** @throws ConfigError for an address without a transport. */
export async function openTransport(options: AdapterOptions): Promise<Transport> {
  const adapter = await loadAdapter(transports, options.url, 'broker');
  return adapter.createTransport(options);
}

/** @throws ConfigError for an address without a backend. */
export async function openBackend(options: AdapterOptions): Promise<Backend> {
  const adapter = await loadAdapter(backends, options.url, 'result backend');
  return adapter.createBackend(options);
}

function loadAdapter<T>(
  table: Readonly<Record<string, () => Promise<T>>>,
  url: string,
  what: 'broker' | 'result backend',
): Promise<T> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const known = Object.keys(table);
  if (scheme === undefined) {
    // The address is not repeated: it may hold a password.
    throw new ConfigError(`the ${what} address has no scheme; write it as sqlite://./queue.db or memory://`);
  }
  const load = table[scheme];
  if (load !== undefined) return inTurn(load);
  const meant = nearMiss(scheme, known);
  const hint = meant === null ? `this version has ${known.join(', ')}` : `did you mean "${meant}://"?`;
  throw new ConfigError(`no ${what} for the scheme "${scheme}://"; ${hint}`);
}

/** What runs tasks in the caller's thread: hardly any program needs it, and it brings all that a member has. */
export function loadEagerRunner(): Promise<typeof EagerRunner> {
  return inTurn(() => import('./eager-runner.js'));
}
