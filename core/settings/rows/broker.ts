/** Rows of the broker: addresses, reconnecting, heartbeats, pools of connections. */
import { choice, inheritedSetting, optionalSetting, setting } from '../setting.js';

export const brokerRows = {
  brokerUrl: setting('urls', {
    default: 'sqlite://./celeriac.db',
    compat: 'amqp://',
    meaning:
      'address of the broker, or a list of alternatives; a relative sqlite path starts at the folder of the app module',
  }),
  brokerReadUrl: inheritedSetting('urls', { fallback: 'brokerUrl', meaning: 'address for consumers' }),
  brokerWriteUrl: inheritedSetting('urls', { fallback: 'brokerUrl', meaning: 'address for publishers' }),
  brokerTransport: optionalSetting('string', { default: null, meaning: 'scheme of brokerUrl; deprecated' }),
  brokerHost: optionalSetting('string', { default: null, meaning: 'host of brokerUrl; deprecated' }),
  brokerPort: optionalSetting('integer', { default: null, min: 1, meaning: 'port of brokerUrl; deprecated' }),
  brokerUser: optionalSetting('string', { default: null, meaning: 'user of brokerUrl; deprecated' }),
  brokerPassword: optionalSetting('string', { default: null, meaning: 'password of brokerUrl; deprecated' }),
  brokerVhost: optionalSetting('string', { default: null, meaning: 'virtual host of brokerUrl; deprecated' }),
  brokerTransportOptions: setting('mapping', {
    default: {},
    meaning: 'options of the transport, as visibility_timeout; above those in the address',
  }),
  brokerConnectionTimeout: setting('number', {
    default: 4,
    unit: 's',
    min: 0.001,
    meaning: 'longest time to connect to broker or backend',
  }),
  brokerConnectionRetry: setting('boolean', {
    default: true,
    status: 'planned',
    meaning: 'connect again when the broker is lost',
  }),
  brokerConnectionRetryOnStartup: inheritedSetting('boolean', {
    fallback: 'brokerConnectionRetry',
    status: 'planned',
    meaning: 'the same when a worker starts',
  }),
  brokerConnectionMaxRetries: optionalSetting('integer', {
    default: 100,
    unit: 'attempts',
    min: 0,
    status: 'planned',
    meaning: 'attempts of one outage; 0 or null is without end',
  }),
  brokerChannelErrorRetry: setting('boolean', {
    default: false,
    status: 'planned',
    meaning: 'errors of a channel, too, lead to a new connection',
  }),
  brokerFailoverStrategy: setting('callable', {
    default: 'round-robin',
    status: 'planned',
    meaning: 'order of the alternatives of brokerUrl: round-robin, shuffle or a function',
  }),
  brokerHeartbeat: setting('number', {
    default: 120,
    unit: 's',
    min: 0,
    status: 'planned',
    meaning: 'heartbeat of an AMQP connection; 0 is off',
  }),
  brokerHeartbeatCheckrate: setting('number', {
    default: 3,
    min: 0.1,
    status: 'planned',
    meaning: 'checks in one heartbeat',
  }),
  brokerLoginMethod: optionalSetting('string', {
    default: null,
    status: 'planned',
    meaning: 'AMQP login: PLAIN or EXTERNAL',
  }),
  brokerNativeDelayedDeliveryQueueType: choice(['quorum', 'classic'], {
    default: 'quorum',
    status: 'planned',
    meaning: 'type of the queues that hold delayed messages on RabbitMQ',
  }),
  brokerPoolLimit: optionalSetting('integer', {
    default: 10,
    unit: 'connections',
    min: 0,
    status: 'planned',
    meaning: 'connections of a client; null or 0 keeps none open',
  }),
  brokerPoolAcquireTimeout: optionalSetting('number', {
    default: null,
    unit: 's',
    min: 0,
    status: 'planned',
    meaning: 'longest wait for one of them; null is without end',
  }),
  brokerUseSsl: setting('switchOrMapping', {
    default: false,
    status: 'planned',
    meaning: 'TLS: true, or the options of the connection',
  }),
} as const;
