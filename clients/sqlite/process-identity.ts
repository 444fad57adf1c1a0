/**
 * Who this process is, in a form by which another process of the same machine can tell that it is gone: boot id, pid
 * namespace, pid and start time. Across namespaces (containers on one volume) nothing is concluded; there the lease counts.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  /** Start time in clock ticks since boot; `''` where the system does not tell. */
  readonly started: string;
}

/** Field 22 of /proc/PID/stat (proc(5)); null when there is no such process, `''` when there is no /proc. */
function startTime(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  } catch {
    return process.platform === 'linux' ? null : '';
  }
  // The command in field 2 is in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie runs no more: its parent has only not asked for its exit code yet.
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return fields[19] ?? '';
}

function readOr(fallback: string, read: () => string): string {
  try {
    return read().trim();
  } catch {
    return fallback;
  }
}

export function ownIdentity(): ProcessIdentity {
  return {
    boot: readOr(`host:${hostname()}`, () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    namespace: readOr(process.platform, () => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    started: startTime(process.pid) ?? '',
  };
}

/** Whether `other` is certainly gone, seen from `self`. */
export function isGone(other: ProcessIdentity, self: ProcessIdentity): boolean {
  if (other.boot !== self.boot || other.namespace !== self.namespace) return false;
  if (process.platform === 'linux') return startTime(other.pid) !== other.started;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
