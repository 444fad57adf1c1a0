/** Rows of routing: queues, exchanges, keys, priorities. */
import { choice, inheritedSetting, optionalSetting, setting } from '../setting.js';

export const routingRows = {
  taskQueues: optionalSetting('any', { default: null, meaning: 'queues of this app: a list, or a table by name' }),
  taskRoutes: optionalSetting('any', {
    default: null,
    meaning: 'where tasks go: a table by name, glob or regular expression, a function, or a list of these',
  }),
  taskQueueMaxPriority: optionalSetting('integer', {
    default: null,
    min: 0,
    meaning: 'highest priority of every queue that is declared (x-max-priority)',
  }),
  taskDefaultPriority: optionalSetting('integer', {
    default: null,
    min: 0,
    meaning: 'priority of a message without one; higher is served first',
  }),
  taskInheritParentPriority: setting('boolean', {
    default: false,
    meaning: 'a task sent inside a task has the priority of its parent',
  }),
  taskDefaultQueue: setting('string', { default: 'celery', meaning: 'queue of a task without a queue' }),
  taskDefaultQueueType: choice(['classic', 'quorum'], {
    default: 'classic',
    status: 'planned',
    meaning: 'type of the default queue on RabbitMQ',
  }),
  taskDefaultExchange: inheritedSetting('string', {
    fallback: 'taskDefaultQueue',
    meaning: 'exchange of the default queue',
  }),
  taskDefaultExchangeType: setting('string', {
    default: 'direct',
    meaning: 'type of the default exchange: direct, topic, fanout or headers',
  }),
  taskDefaultRoutingKey: inheritedSetting('string', {
    fallback: 'taskDefaultQueue',
    meaning: 'routing key of the default queue',
  }),
  taskDefaultDeliveryMode: setting('deliveryMode', {
    default: 2,
    meaning: 'persistent (2) or transient (1) messages',
  }),
  taskCreateMissingQueues: setting('boolean', {
    default: true,
    meaning: 'a queue that is named and not in taskQueues is created; false: it is refused',
  }),
  taskCreateMissingQueueType: choice(['classic', 'quorum'], {
    default: 'classic',
    status: 'planned',
    meaning: 'type of a queue that is created so, on RabbitMQ',
  }),
  taskCreateMissingQueueExchangeType: inheritedSetting('string', {
    fallback: 'taskDefaultExchangeType',
    meaning: 'type of its exchange',
  }),
} as const;
