/**
 * The successor of a process that is told to restart (WORK-77): the same command in the same place. Node cannot replace
 * its own image as Celery does with exec, so the successor has another pid; under a supervisor TERM is the better way, and
 * a node of `--processes` asks its own supervisor.
 */
import { spawn } from 'node:child_process';

/** Starts it with our command line, environment and streams, detached from our end; answers its pid. */
export function startSuccessor(): number | null {
  const successor = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    detached: true,
  });
  successor.unref();
  return successor.pid ?? null;
}
