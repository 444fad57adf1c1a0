/** What a worker says about itself when it is ready (WORK-03). Addresses come without passwords from the adapters. */
import type { AutoscaleRange } from '../core/worker/autoscaler.js';
import type { Worker } from '../core/worker/worker.js';
import { packageVersion } from './package-version.js';

/** Names of tasks that are listed; more are counted. */
const MAX_TASKS = 20;

export interface BannerOptions {
  readonly color: boolean;
  /** With the names of the tasks, as Celery does from loglevel INFO. */
  readonly hasTasks: boolean;
}

export type BannerRow = readonly [name: string, value: string];

/** What a worker does, row by row, without its name. */
export function bannerRows(worker: Worker, hasTasks: boolean): readonly BannerRow[] {
  const { app, concurrency, queues, taskNames, settings } = worker;
  const range = worker.autoscaleRange;
  const hidden = taskNames.length - MAX_TASKS;
  const tasks = [...taskNames.slice(0, MAX_TASKS), ...(hidden > 0 ? [`and ${String(hidden)} more`] : [])];
  return [
    ['app', app.main],
    ['broker', worker.brokerAddress],
    ['results', worker.backendAddress ?? 'not kept'],
    ['concurrency', `${range === null ? String(concurrency) : rangeText(range)} (${worker.poolKind})`],
    ['task events', settings.workerSendTaskEvents ? 'on' : 'off'],
    ['queues', queues.join(', ')],
    ...(hasTasks ? [['tasks', tasks.join(`\n${' '.repeat(15)}`)] as const] : []),
  ];
}

/** As Celery shows it. */
function rangeText({ min, max }: AutoscaleRange): string {
  return `{min=${String(min)}, max=${String(max)}}`;
}

export function formatBanner(worker: Worker, { color, hasTasks }: BannerOptions): string {
  return formatRows([['node', worker.hostname], ...bannerRows(worker, hasTasks)], color);
}

export function formatRows(rows: readonly BannerRow[], color: boolean): string {
  const title = `celeriac ${packageVersion()}`;
  const platform = `node ${process.version}, ${process.platform} ${process.arch}, pid ${String(process.pid)}`;
  const lines = rows.map(([name, value]) => `  ${name.padEnd(13)}${value}`);
  return [`${color ? `\x1b[1;32m${title}\x1b[0m` : title}  ${platform}`, ...lines, ''].join('\n');
}
