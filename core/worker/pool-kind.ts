/**
 * What `worker_pool` and `-P` mean (CONC-01 to CONC-06): one of our pools under its own or Celery's name, or one that the
 * user brings along, by path. Host thread.
 */
import type { PoolKind } from '../app/adapters.js';
import { ConfigError } from '../kernel/errors.js';
import { nearMiss } from '../kernel/near-miss.js';

/** Every name that is not a path. */
export const POOL_NAMES = ['threads', 'prefork', 'processes', 'solo', 'gevent', 'eventlet', 'custom'] as const;
export type PoolName = (typeof POOL_NAMES)[number];

/** Of the names but `custom`: which pool it is. Members are threads where Celery's would be processes (design §5). */
export const KIND_OF: Readonly<Record<Exclude<PoolName, 'custom'>, PoolKind>> = {
  threads: 'threads',
  prefork: 'threads',
  processes: 'processes',
  solo: 'solo',
  // Green threads are async tasks at once in one member (CONC-04).
  gevent: 'threads',
  eventlet: 'threads',
};

/** Whose concurrency counts tasks of one member, not members. */
export function isGreen(pool: unknown): pool is 'gevent' | 'eventlet' {
  return pool === 'gevent' || pool === 'eventlet';
}

/** Whether it looks like a module: a path, a URL, or `module:name`. */
function isModule(name: string): boolean {
  return /[/\\.:]/.test(name);
}

/** @throws ConfigError for a word that is neither a name nor looks like a module. */
export function checkPoolName(name: string): void {
  if ((POOL_NAMES as readonly string[]).includes(name) || isModule(name)) return;
  const meant = nearMiss(name, POOL_NAMES);
  const hint =
    meant === null ? `there is ${POOL_NAMES.join(', ')}, or a module as ./my-pool.js` : `did you mean "${meant}"?`;
  throw new ConfigError(`unknown pool "${name}"; ${hint}`);
}
