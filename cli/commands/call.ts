/** `celeriac call`: sends one task by name; the answer is its id, or with `--wait` its result as JSON. */
import type { CallOptions } from '../../core/app/call-options.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { ExitCode } from '../exit-code.js';
import { answer } from '../terminal.js';
import { answerResult } from './result.js';

export interface CallFlags extends Pick<
  CallOptions,
  'queue' | 'countdown' | 'eta' | 'expires' | 'priority' | 'taskId'
> {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly wait?: boolean;
  /** Seconds that `--wait` waits. */
  readonly timeout?: number;
}

export async function runCall(name: string, flags: CallFlags, globals: GlobalOptions): Promise<ExitCode> {
  applyGlobalOptions(globals);
  await using app = await loadClientApp(globals);
  const { wait = false, timeout, ...options } = flags;
  const result = await app.sendTask(name, options);
  if (wait) return await answerResult(result, timeout);
  answer(result.id);
  return ExitCode.OK;
}
