/** `celeriac result`: waits for a task that was sent earlier; the answer is its result as JSON, or its traceback. */
import type { AsyncResult } from '../../core/app/async-result.js';
import { encodeJson } from '../../core/protocol/json-encode.js';
import { applyGlobalOptions, loadClientApp, type GlobalOptions } from '../app-source.js';
import { ExitCode } from '../exit-code.js';
import { answer, complain } from '../terminal.js';
import { describeFailure } from '../user-error.js';

export interface ResultFlags {
  /** Seconds. */
  readonly timeout?: number;
  readonly traceback?: boolean;
}

export async function runResult(taskId: string, flags: ResultFlags, globals: GlobalOptions): Promise<ExitCode> {
  applyGlobalOptions(globals);
  await using app = await loadClientApp(globals);
  const result = app.asyncResult(taskId);
  const exitCode = await answerResult(result, flags.timeout, flags.traceback === true ? 'traceback' : 'value');
  return exitCode;
}

/**
 * Prints the result, or says how the task failed.
 * @throws TimeoutError, BackendError
 */
export async function answerResult(
  result: AsyncResult,
  timeoutSeconds: number | undefined,
  wanted: 'value' | 'traceback' = 'value',
): Promise<ExitCode> {
  const timeoutMs = timeoutSeconds === undefined ? null : timeoutSeconds * 1_000;
  const value = await result.get({ timeoutMs, propagate: false });
  // A value that came as JSON is never an Error.
  const hasFailed = value instanceof Error;
  if (wanted === 'traceback') {
    const traceback = await result.traceback();
    if (traceback !== null) answer(traceback);
  } else if (!hasFailed) answer(encodeJson(value, { allowNonFinite: true }));
  if (!hasFailed) return ExitCode.OK;
  complain(`task ${result.id} failed: ${describeFailure(value)}`);
  return ExitCode.FAILURE;
}
