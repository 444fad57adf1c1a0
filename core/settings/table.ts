/**
 * Every setting once. A name that Celery has keeps Celery's name (in camelCase), unit and meaning (features.md §21);
 * a name of ours carries its unit. A row whose profiles differ is a deviation from Celery that the docs list. The rows
 * stand by chapter in `rows/`; the order here is the order of `docs/settings.md`.
 */
import { beatRows } from './rows/beat.js';
import { brokerRows } from './rows/broker.js';
import { cloudStoreRows } from './rows/cloud-store.js';
import { daemonRows } from './rows/daemon.js';
import { eventRows } from './rows/event.js';
import { generalRows } from './rows/general.js';
import { limitRows } from './rows/limit.js';
import { poolRows } from './rows/pool.js';
import { resultRows } from './rows/result.js';
import { routingRows } from './rows/routing.js';
import { securityRows } from './rows/security.js';
import { storeRows } from './rows/store.js';
import { taskRows } from './rows/task.js';
import { workerRows } from './rows/worker.js';
import type { SettingInput, SettingValue } from './setting.js';

export const settingsTable = {
  ...generalRows,
  ...taskRows,
  ...routingRows,
  ...brokerRows,
  ...resultRows,
  ...workerRows,
  ...poolRows,
  ...limitRows,
  ...eventRows,
  ...beatRows,
  ...securityRows,
  ...daemonRows,
  ...storeRows,
  ...cloudStoreRows,
} as const;

/** The chapters of `docs/settings.md`. */
export const settingChapters = [
  { title: 'The app', rows: generalRows },
  { title: 'Tasks', rows: taskRows },
  { title: 'Routing', rows: routingRows },
  { title: 'The broker', rows: brokerRows },
  { title: 'Results', rows: resultRows },
  { title: 'The worker', rows: workerRows },
  { title: 'The pool', rows: poolRows },
  { title: 'Limits of messages', rows: limitRows },
  { title: 'Remote control and events', rows: eventRows },
  { title: 'Periodic tasks', rows: beatRows },
  { title: 'Signed messages', rows: securityRows },
  { title: 'Processes in the background', rows: daemonRows },
  { title: 'Stores of results that you run', rows: storeRows },
  { title: 'Stores of results in a cloud', rows: cloudStoreRows },
] as const;

export type SettingName = keyof typeof settingsTable;

type Table = typeof settingsTable;

/** All settings, complete and frozen. */
export type Settings = { readonly [K in SettingName]: SettingValue<Table[K]> };

/** What a user writes: any of the names; others are kept (`extra`). */
export type SettingsInput = { readonly [K in SettingName]?: SettingInput<Table[K]> | undefined } & Readonly<
  Record<string, unknown>
>;
