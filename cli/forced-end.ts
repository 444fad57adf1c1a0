/**
 * The end of a process that cannot end by itself: `process.exit()` waits for every thread, and one that a task has left in
 * a blocking system call never comes back. What is unfinished goes back to its queue when the broker sees us gone.
 */
import { complain, flushOutput } from './terminal.js';

/** Says why and ends the process by SIGKILL; never resolves. */
export async function endByForce(reason: string): Promise<never> {
  complain(`${reason}: the process is ended by SIGKILL`);
  await flushOutput();
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => undefined);
}
