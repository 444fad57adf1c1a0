/** Rows of stores of results that a cloud provider runs. */
import { inheritedSetting, optionalSetting, setting } from '../setting.js';

const planned = { status: 'planned' } as const;
const noText = { default: null, ...planned } as const;

export const cloudStoreRows = {
  s3AccessKeyId: optionalSetting('string', { ...noText, meaning: 'credentials; null takes those of the environment' }),
  s3SecretAccessKey: optionalSetting('string', { ...noText, meaning: 'credentials' }),
  s3Bucket: optionalSetting('string', { ...noText, meaning: 'bucket' }),
  s3BasePath: optionalSetting('string', { ...noText, meaning: 'prefix of the keys' }),
  s3EndpointUrl: optionalSetting('string', { ...noText, meaning: 'address of another service with this interface' }),
  s3Region: optionalSetting('string', { ...noText, meaning: 'region' }),
  dynamodbEndpointUrl: optionalSetting('string', { ...noText, meaning: 'address of another service of its kind' }),

  azureblockblobContainerName: setting('string', { default: 'celery', ...planned, meaning: 'container' }),
  azureblockblobRetryInitialBackoffSec: setting('integer', {
    default: 2,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'first wait before another attempt',
  }),
  azureblockblobRetryIncrementBase: setting('integer', {
    default: 2,
    ...planned,
    min: 0,
    meaning: 'base of the growth of that wait',
  }),
  azureblockblobRetryMaxAttempts: setting('integer', { default: 3, ...planned, min: 0, meaning: 'attempts' }),
  azureblockblobBasePath: setting('text', { default: '', ...planned, meaning: 'prefix of the blobs' }),
  azureblockblobConnectionTimeout: setting('number', {
    default: 20,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'longest time to connect',
  }),
  azureblockblobReadTimeout: setting('number', {
    default: 120,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'longest time to read',
  }),

  gcsBucket: optionalSetting('string', { ...noText, meaning: 'bucket' }),
  gcsProject: optionalSetting('string', { ...noText, meaning: 'project' }),
  gcsBasePath: setting('text', { default: '', ...planned, meaning: 'prefix of the objects' }),
  gcsTtl: setting('number', {
    default: 0,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'life of an object, which the bucket must be set up for; 0 is for ever',
  }),
  gcsThreadpoolMaxsize: setting('integer', {
    default: 10,
    status: 'accepted',
    min: 1,
    meaning: 'requests need no threads here',
  }),
  firestoreProject: inheritedSetting('string', {
    fallback: 'gcsProject',
    ...planned,
    meaning: 'project of the counters of chords',
  }),

  cosmosdbsqlDatabaseName: setting('string', { default: 'celerydb', ...planned, meaning: 'database' }),
  cosmosdbsqlCollectionName: setting('string', { default: 'celerycol', ...planned, meaning: 'collection' }),
  cosmosdbsqlConsistencyLevel: setting('string', { default: 'Session', ...planned, meaning: 'consistency' }),
  cosmosdbsqlMaxRetryAttempts: setting('integer', { default: 9, ...planned, min: 0, meaning: 'attempts' }),
  cosmosdbsqlMaxRetryWaitTime: setting('integer', {
    default: 30,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'longest time of all attempts',
  }),
} as const;
