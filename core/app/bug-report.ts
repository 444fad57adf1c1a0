/** What a report of a bug should say (APP-31): versions, platform, settings with their places, secrets hidden. */
import { availableParallelism } from 'node:os';
import { humanize } from '../settings/censor.js';
import type { ResolvedSettings } from '../settings/resolve.js';

export function bugReport(app: string, resolved: ResolvedSettings): string {
  const { brokerUrl, resultBackend } = resolved.settings;
  return [
    `software -> celeriac app:${app} node:${process.versions.node} v8:${process.versions.v8}`,
    `platform -> system:${process.platform} arch:${process.arch} cpus:${String(availableParallelism())}`,
    `settings -> transport:${schemeOf(brokerUrl)} results:${schemeOf(resultBackend ?? 'disabled')}`,
    '',
    humanize(resolved),
  ].join('\n');
}

/** The scheme alone: the rest may hold a password. */
function schemeOf(url: string): string {
  return url.split(':', 1)[0] ?? url;
}
