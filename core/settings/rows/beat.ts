/** Rows of periodic tasks. */
import { optionalSetting, setting } from '../setting.js';

const planned = { status: 'planned' } as const;

export const beatRows = {
  beatSchedule: setting('mapping', { default: {}, ...planned, meaning: 'periodic tasks by name' }),
  beatScheduler: optionalSetting('callable', {
    default: null,
    ...planned,
    meaning: 'class of the scheduler; null keeps the last runs in a file',
  }),
  beatScheduleFilename: setting('string', { default: 'celerybeat-schedule', ...planned, meaning: 'that file' }),
  beatSyncEvery: setting('integer', {
    default: 0,
    ...planned,
    unit: 'messages',
    min: 0,
    meaning: 'the file is written after so many messages; 0: by time',
  }),
  beatMaxLoopInterval: setting('number', {
    default: 0,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'longest sleep between two looks; 0 leaves it to the scheduler',
  }),
  beatCronStartingDeadline: optionalSetting('number', {
    default: null,
    ...planned,
    unit: 's',
    min: 0,
    meaning: 'a missed run older than this is left out',
  }),
} as const;
