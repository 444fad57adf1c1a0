/** `celeriac purge`: removes the waiting messages of queues after a question; the answer is their number. */
import { ConfigError } from '../../core/kernel/errors.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { ExitCode } from '../exit-code.js';
import { isConfirmed } from '../question.js';
import { answer, note } from '../terminal.js';

export interface PurgeFlags {
  readonly force?: boolean;
  readonly queues?: readonly string[];
}

/** @throws ConfigError without `-f` where nobody can be asked. */
export async function runPurge(flags: PurgeFlags, globals: GlobalOptions): Promise<ExitCode> {
  applyGlobalOptions(globals);
  if (flags.force !== true && !process.stdin.isTTY) {
    throw new ConfigError('purge asks before it removes messages, and there is no terminal to ask at: add -f');
  }
  await using app = await loadClientApp(globals);
  const queues = flags.queues ?? [app.conf.taskDefaultQueue];
  const transport = await app.connections.transport();
  if (
    flags.force !== true &&
    !(await isConfirmed(`Remove all waiting messages of ${queues.join(', ')} at ${transport.address}?`))
  ) {
    note('nothing was removed');
    return ExitCode.FAILURE;
  }
  await transport.declare(queues.map((name) => ({ name, durable: true })));
  const counts = await Promise.all(queues.map((queue) => transport.purge(queue)));
  answer(String(counts.reduce((sum, count) => sum + count, 0)));
  return ExitCode.OK;
}
