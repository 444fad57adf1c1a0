/** Rows of remote control and events. */
import { setting } from '../setting.js';

const planned = { status: 'planned' } as const;

export const eventRows = {
  controlQueueTtl: setting('number', {
    default: 300,
    unit: 's',
    min: 0,
    meaning: 'life of a message in a queue of commands',
  }),
  controlQueueExpires: setting('number', {
    default: 10,
    unit: 's',
    min: 0,
    meaning: 'an unused queue of commands is deleted after this time',
  }),
  controlQueueExclusive: setting('boolean', { default: true, meaning: 'it belongs to one connection' }),
  controlQueueDurable: setting('boolean', {
    default: false,
    meaning: 'it survives a restart of the broker; not together with exclusive',
  }),
  controlExchange: setting('string', { default: 'celery', meaning: 'start of the name of its exchange' }),
  eventQueueTtl: setting('number', {
    default: 5,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'life of a message in a queue of events',
  }),
  eventQueueExpires: setting('number', {
    default: 60,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'an unused queue of events is deleted after this time',
  }),
  eventQueuePrefix: setting('string', {
    default: 'celeryev',
    ...planned,
    meaning: 'start of the name of such a queue',
  }),
  eventQueueExclusive: setting('boolean', { default: true, ...planned, meaning: 'it belongs to one connection' }),
  eventQueueDurable: setting('boolean', {
    default: false,
    ...planned,
    meaning: 'it survives a restart of the broker; not together with exclusive',
  }),
  eventExchange: setting('string', { default: 'celeryev', ...planned, meaning: 'name of the exchange of events' }),
  eventSerializer: setting('string', { default: 'json', ...planned, meaning: 'serializer of events' }),
} as const;
