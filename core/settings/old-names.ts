/**
 * Upper-case names of old programs → the names of today: `CELERYD_CONCURRENCY` → `worker_concurrency` (APP-09, CONF-900),
 * and names under a prefix, as `CELERY_TASK_ACKS_LATE` with `namespace: 'CELERY'` (APP-08). Applied to what a program
 * gives (constructor, object, module, file) before it is resolved.
 */
import { ConfigError } from '../kernel/errors.js';
import { settingNamed, settingNames, toSnakeCase } from './setting-name.js';

/** Old names that follow no rule → setting. */
const SPECIAL: Readonly<Record<string, string>> = {
  CELERY_TASK_RESULT_EXPIRES: 'result_expires',
  CELERY_MAX_CACHED_RESULTS: 'result_cache_max',
  CELERY_MESSAGE_COMPRESSION: 'task_compression',
  CELERY_EAGER_PROPAGATES_EXCEPTIONS: 'task_eager_propagates',
  CELERY_SEND_TASK_SENT_EVENT: 'task_send_sent_event',
  CELERY_SEND_EVENTS: 'worker_send_task_events',
  CELERY_TASK_SERIALIZER: 'task_serializer',
  CELERY_TASK_PUBLISH_RETRY: 'task_publish_retry',
  CELERY_TASK_PUBLISH_RETRY_POLICY: 'task_publish_retry_policy',
  CELERYD_TASK_TIME_LIMIT: 'task_time_limit',
  CELERYD_TASK_SOFT_TIME_LIMIT: 'task_soft_time_limit',
  CELERY_DISABLE_RATE_LIMITS: 'worker_disable_rate_limits',
  CELERY_ENABLE_REMOTE_CONTROL: 'worker_enable_remote_control',
  CELERY_REDIRECT_STDOUTS: 'worker_redirect_stdouts',
  CELERY_REDIRECT_STDOUTS_LEVEL: 'worker_redirect_stdouts_level',
  CELERY_RESULT_DBURI: 'database_url',
  CELERY_RESULT_ENGINE_OPTIONS: 'database_engine_options',
  CELERY_RESULT_DB_SHORT_LIVED_SESSIONS: 'database_short_lived_sessions',
  CELERY_RESULT_DB_TABLENAMES: 'database_table_names',
  CELERY_WORKER_DIRECT: 'worker_direct',
};

/** Start of a setting → start of its old name; any other old name is the setting in capitals. */
const PREFIXES: readonly (readonly [string, string])[] = [
  ['task_', 'CELERY_'],
  ['result_', 'CELERY_RESULT_'],
  ['worker_', 'CELERYD_'],
  ['beat_', 'CELERYBEAT_'],
  ['event_', 'CELERY_EVENT_'],
  ['security_', 'CELERY_SECURITY_'],
  ['redis_', 'CELERY_REDIS_'],
  ['cache_', 'CELERY_CACHE_'],
  ['mongodb_', 'CELERY_MONGODB_'],
  ['couchbase_', 'CELERY_COUCHBASE_'],
  ['accept_content', 'CELERY_ACCEPT_CONTENT'],
  ['enable_utc', 'CELERY_ENABLE_UTC'],
  ['timezone', 'CELERY_TIMEZONE'],
  ['imports', 'CELERY_IMPORTS'],
  ['include', 'CELERY_INCLUDE'],
];

function oldNameOf(setting: string): string {
  const [start = '', old = ''] = PREFIXES.find(([prefix]) => setting.startsWith(prefix)) ?? [];
  return old + setting.slice(start.length).toUpperCase();
}

const oldNames: ReadonlyMap<string, string> = new Map([
  ...settingNames.map(toSnakeCase).map((name): [string, string] => [oldNameOf(name), name]),
  ...Object.entries(SPECIAL),
]);

/**
 * The same values under the names of today.
 * @param namespace reads only names that start with it and `_`, in capitals, and takes it away; null reads all.
 * @throws ConfigError when old and new names are mixed, or a name would be read only with a namespace.
 */
export function translateOldNames(
  values: Readonly<Record<string, unknown>>,
  namespace: string | null = null,
): Readonly<Record<string, unknown>> {
  if (namespace !== null) return inNamespace(values, namespace);
  const keys = Object.keys(values);
  const old = keys.filter((key) => oldNames.has(key));
  if (old.length === 0) {
    keys.forEach(refuseWithoutNamespace);
    return values;
  }
  const recent = keys.filter((key) => settingNamed(key) !== null);
  if (recent.length > 0) throw mixed(old, recent);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [oldNames.get(key) ?? key, value]));
}

function inNamespace(values: Readonly<Record<string, unknown>>, namespace: string): Readonly<Record<string, unknown>> {
  const start = `${namespace.toUpperCase()}_`;
  const own = Object.entries(values).filter(([key]) => key.startsWith(start));
  return Object.fromEntries(
    own.map(([key, value]) => {
      const rest = key.slice(start.length).toLowerCase();
      return [settingNamed(rest) ?? oldNames.get(key) ?? rest, value];
    }),
  );
}

/** Celery passes over such a name without a word, which is a long search. */
function refuseWithoutNamespace(key: string): void {
  const [, rest] = /^CELERY_([A-Z\d_]+)$/.exec(key) ?? [];
  const name = rest?.toLowerCase();
  if (name === undefined || settingNamed(name) === null) return;
  throw new ConfigError(`"${key}" is read only with namespace "CELERY"; without one it is "${name}"`);
}

function mixed(old: readonly string[], recent: readonly string[]): ConfigError {
  const advice = old.map((key) => `${oldNames.get(key) ?? key} for ${key}`).join(', ');
  return new ConfigError(`old names of settings are mixed with new ones (${recent.join(', ')}): write ${advice}`);
}
