/** CPU time of this process and of its main thread. */
import { readFileSync } from 'node:fs';

/** All threads, user and system, µs. */
export function processCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Main thread alone, µs; null where the system does not tell (Linux does, to the nanosecond). */
export function hostCpuUs(): number | null {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ');
    return Number(nanoseconds) / 1_000;
  } catch {
    return null;
  }
}
