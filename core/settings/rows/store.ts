/** Rows of stores of results that a team runs itself: SQL, Redis, MongoDB, Cassandra and others. */
import { inheritedSetting, optionalSetting, setting } from '../setting.js';

const planned = { status: 'planned' } as const;
const noText = { default: null, ...planned } as const;

export const storeRows = {
  databaseUrl: optionalSetting('string', { ...noText, meaning: 'address of a SQL result backend; old name' }),
  databaseEngineOptions: setting('mapping', {
    default: { poolPrePing: true, poolRecycle: 3_600 },
    ...planned,
    meaning: 'options of the pool of connections',
  }),
  databaseEngineCallback: optionalSetting('callable', { ...noText, meaning: 'called with the pool when it is made' }),
  databaseShortLivedSessions: setting('boolean', {
    default: false,
    status: 'accepted',
    meaning: 'connections always go back to the pool after use',
  }),
  databaseTableSchemas: optionalSetting('mapping', { ...noText, meaning: 'schemas of the tables: task, group' }),
  databaseTableNames: optionalSetting('mapping', { ...noText, meaning: 'names of the tables: task, group' }),
  databaseCreateTablesAtSetup: setting('boolean', {
    default: true,
    ...planned,
    meaning: 'create the tables at start; false: at the first use',
  }),
  cacheBackend: optionalSetting('string', { ...noText, meaning: 'address of a cache as result backend; old name' }),
  cacheBackendOptions: setting('mapping', { default: {}, ...planned, meaning: 'options of its client' }),
  mongodbBackendSettings: optionalSetting('mapping', {
    ...noText,
    meaning: 'database, collections, pool and options of MongoDB',
  }),

  redisHost: optionalSetting('string', { ...noText, meaning: 'host of Redis without an address; null is localhost' }),
  redisPort: optionalSetting('integer', { ...noText, min: 1, meaning: 'port of Redis; null is 6379' }),
  redisDb: optionalSetting('integer', { ...noText, min: 0, meaning: 'number of the database; null is 0' }),
  redisUsername: optionalSetting('string', { ...noText, meaning: 'user of Redis' }),
  redisPassword: optionalSetting('string', { ...noText, meaning: 'password of Redis' }),
  redisBackendUseSsl: optionalSetting('switchOrMapping', { ...noText, meaning: 'TLS to Redis: true, or its options' }),
  redisMaxConnections: optionalSetting('integer', {
    ...noText,
    unit: 'connections',
    min: 1,
    meaning: 'size of the pool; null is without bound',
  }),
  redisSocketTimeout: setting('number', {
    default: 120,
    ...planned,
    unit: 's',
    min: 0.001,
    meaning: 'longest time to read or write',
  }),
  redisSocketConnectTimeout: inheritedSetting('number', {
    fallback: 'redisSocketTimeout',
    ...planned,
    unit: 's',
    min: 0.001,
    meaning: 'longest time to connect',
  }),
  redisRetryOnTimeout: setting('boolean', {
    default: false,
    ...planned,
    meaning: 'send a command again that timed out',
  }),
  redisSocketKeepalive: setting('boolean', { default: false, ...planned, meaning: 'TCP keepalive' }),
  redisBackendHealthCheckInterval: optionalSetting('number', {
    ...noText,
    unit: 's',
    min: 0,
    meaning: 'a connection that was idle longer is checked before use',
  }),
  redisBackendCredentialProvider: optionalSetting('callable', { ...noText, meaning: 'gives user and password' }),
  redisClientName: optionalSetting('string', { ...noText, meaning: 'name of the connections (CLIENT SETNAME)' }),

  cassandraServers: optionalSetting('strings', { ...noText, meaning: 'hosts' }),
  cassandraBundlePath: optionalSetting('string', { ...noText, meaning: 'bundle of a cloud database' }),
  cassandraSecureBundlePath: optionalSetting('string', { ...noText, meaning: 'other name of cassandraBundlePath' }),
  cassandraPort: optionalSetting('integer', { ...noText, min: 1, meaning: 'port; null is 9042' }),
  cassandraKeyspace: optionalSetting('string', { ...noText, meaning: 'keyspace' }),
  cassandraTable: optionalSetting('string', { ...noText, meaning: 'table' }),
  cassandraReadConsistency: optionalSetting('string', { ...noText, meaning: 'null is LOCAL_QUORUM' }),
  cassandraWriteConsistency: optionalSetting('string', { ...noText, meaning: 'null is LOCAL_QUORUM' }),
  cassandraEntryTtl: optionalSetting('number', { ...noText, unit: 's', min: 0, meaning: 'life of a row' }),
  cassandraAuthProvider: optionalSetting('string', { ...noText, meaning: 'class of the login' }),
  cassandraAuthKwargs: optionalSetting('mapping', { ...noText, meaning: 'its arguments' }),
  cassandraOptions: setting('mapping', { default: {}, ...planned, meaning: 'options of the client' }),

  couchbaseBackendSettings: optionalSetting('mapping', { ...noText, meaning: 'host, username, password, bucket …' }),
  arangodbBackendSettings: optionalSetting('mapping', { ...noText, meaning: 'host, port, database, collection …' }),
  elasticsearchRetryOnTimeout: optionalSetting('boolean', { ...noText, meaning: 'try again after a timeout' }),
  elasticsearchMaxRetries: optionalSetting('integer', { ...noText, min: 0, meaning: 'attempts; null is 3' }),
  elasticsearchTimeout: optionalSetting('number', { ...noText, unit: 's', min: 0, meaning: 'null is 10' }),
  elasticsearchSaveMetaAsText: setting('boolean', {
    default: true,
    ...planned,
    meaning: 'results as text; false: as JSON objects',
  }),
} as const;
