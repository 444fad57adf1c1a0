/**
 * A pool that the user brings along (CONC-05, CONC-06, WORK-59): `-P ./my-pool.js:createPool`, the same in `workerPool`, or
 * `-P custom` with its address in the environment. The export makes a pool from `PoolOptions` (celeriac/ports): a function,
 * a class, or an object with `createPool`. Host thread.
 */
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../kernel/errors.js';
import { importModule } from '../loader/import-module.js';
import { locateModule, splitAppArgument } from '../loader/module-location.js';
import { prepareModule } from '../loader/prepare-module.js';
import type { PoolAdapter, PoolOptions } from '../ports/adapter.js';
import type { Pool } from '../ports/pool.js';
import type { HostModule } from './host-module.js';

/** Celery's name, and ours (ENV-10). */
const VARIABLES = ['CELERIAC_CUSTOM_WORKER_POOL', 'CELERY_CUSTOM_WORKER_POOL'] as const;
const METHODS = ['start', 'submit', 'cancel', 'recall', 'isRunning', 'snapshot', 'renew', 'resize', 'close'] as const;

type Maker = ((options: PoolOptions) => unknown) | (new (options: PoolOptions) => unknown);

/** @param pool `custom`, an address, or what makes the pool. @throws ConfigError that says what is wrong with it. */
export async function loadCustomPool(pool: unknown, host: HostModule): Promise<PoolAdapter> {
  if (typeof pool === 'function') return adapterOf(pool, 'workerPool');
  const address = pool === 'custom' ? addressFromEnvironment() : String(pool);
  const { module, attribute } = splitAppArgument(address);
  const { url } = await prepareModule(locate(module, host));
  const namespace = await importModule(url).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`the pool ${address} fails when it is loaded: ${reason}`, { cause: error });
  });
  const exported = attribute === null ? (namespace['createPool'] ?? namespace['default']) : namespace[attribute];
  if (exported !== undefined) return adapterOf(exported, address);
  const wanted = attribute === null ? 'neither createPool nor a default export' : `no export "${attribute}"`;
  throw new ConfigError(
    `the pool ${address} has ${wanted}; it exports ${Object.keys(namespace).join(', ') || 'nothing'}`,
  );
}

function addressFromEnvironment(): string {
  for (const name of VARIABLES) {
    const address = process.env[name];
    if (address !== undefined && address !== '') return address;
  }
  throw new ConfigError(`-P custom needs the address of a pool in ${VARIABLES[1]}, as ./my-pool.js:createPool`);
}

/** From the app module, as all names in settings are; else from the current folder, where -P was typed. */
function locate(name: string, { sourceUrl }: HostModule): URL {
  try {
    return locateModule(name, sourceUrl);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return locateModule(name, pathToFileURL(`${process.cwd()}/`));
  }
}

function adapterOf(exported: unknown, address: string): PoolAdapter {
  const make: unknown =
    typeof exported === 'object' && exported !== null ? Reflect.get(exported, 'createPool') : exported;
  if (typeof make !== 'function') {
    throw new ConfigError(`the pool ${address} is no function, no class and has no createPool`);
  }
  return { createPool: (options) => checkPool(call(make as Maker, options), address) };
}

function call(make: Maker, options: PoolOptions): unknown {
  const isClass = /^class\b/.test(Function.prototype.toString.call(make));
  if (isClass) return Reflect.construct(make, [options]);
  return (make as (options: PoolOptions) => unknown)(options);
}

/** Missing methods are said at the start, and not when the first task is revoked. */
function checkPool(made: unknown, address: string): Pool {
  const pool = typeof made === 'object' && made !== null ? made : {};
  const missing = METHODS.filter((name) => typeof Reflect.get(pool, name) !== 'function');
  const { kind } = (Reflect.get(pool, 'capabilities') ?? {}) as { readonly kind?: unknown };
  const lacking = [...missing, ...(typeof kind === 'string' ? [] : ['capabilities'])];
  if (lacking.length === 0) return pool as Pool;
  throw new ConfigError(`what the pool ${address} makes is no pool: it has no ${lacking.join(', ')}`);
}
