/** Options of a process in the background, or the settings that stand for them (CLI-15, CONF-906). */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Settings } from '../core/settings/table.js';
import { isFilePerNode, nodeFile, nodeName } from '../core/worker/node-name.js';
import type { WorkerFlags } from './worker-flags.js';

export interface Daemon {
  readonly logfile: string | null;
  readonly pidfile: string | null;
  readonly uid: string | null;
  readonly gid: string | null;
  readonly umask: string | null;
  readonly executable: string | null;
}

export type DaemonSettings = Pick<
  Settings,
  'workerLogfile' | 'workerPidfile' | 'workerUid' | 'workerGid' | 'workerUmask' | 'workerExecutable'
>;

/** Where no app is loaded, only options count. */
export const NO_SETTINGS: DaemonSettings = {
  workerLogfile: null,
  workerPidfile: null,
  workerUid: null,
  workerGid: null,
  workerUmask: null,
  workerExecutable: null,
};

const DEFAULT_NODE = 'celery@%h';

/** The name of a node. @param index as in `nodeName` */
export function nameOf({ hostname: template }: Pick<WorkerFlags, 'hostname'>, index = 0): string {
  return nodeName(template ?? DEFAULT_NODE, hostname(), index);
}

/**
 * @param index of a node among several, which writes a pid file only where the template gives it one of its own: the
 * other is its supervisor's. 0 for any other process.
 */
export function daemonOf(
  flags: WorkerFlags,
  settings: DaemonSettings,
  { index = 0, folder = '.' }: { readonly index?: number; readonly folder?: string } = {},
): Daemon {
  const node = nameOf(flags, index);
  const file = (path: string | null): string | null =>
    path === null ? null : resolve(folder, nodeFile(path, node, index));
  const pidfile = flags.pidfile ?? settings.workerPidfile;
  const isOwn = index === 0 || (pidfile !== null && isFilePerNode(pidfile));
  return {
    logfile: file(flags.logfile ?? settings.workerLogfile),
    pidfile: isOwn ? file(pidfile) : null,
    uid: flags.uid ?? settings.workerUid,
    gid: flags.gid ?? settings.workerGid,
    umask: flags.umask ?? settings.workerUmask,
    executable: flags.executable ?? settings.workerExecutable,
  };
}
