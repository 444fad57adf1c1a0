/** Tasks with bodies of many megabytes, on a file of their own. */
import { Celeriac } from '../../../core/app/public.js';

const database = process.env['LARGE_DATABASE'] ?? './large.db';
const LIMIT_BYTES = 512 * 2 ** 20;

export const app = new Celeriac('large', {
  brokerUrl: `sqlite://${database}`,
  resultBackend: `sqlite://${database}`,
  messageMaxBytes: LIMIT_BYTES,
  messageMaxStringBytes: LIMIT_BYTES,
});

/** The text itself: as large a result as the body was. */
export const echo = app.task('large.echo', (text: string) => text);

export const length = app.task('large.length', (text: string) => text.length);

/** Greatest resident memory of the member's process, MB. */
export const peak = app.task('large.peak', () => Math.round(process.resourceUsage().maxRSS / 1024));
