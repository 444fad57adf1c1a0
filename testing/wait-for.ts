/** Waits for what a test is about, instead of for some time: signals and states of tasks (TEST-07). The test's thread. */
import type { AsyncResult } from '../core/app/async-result.js';
import type { ResultMeta } from '../core/app/result-node.js';
import { systemClock } from '../core/kernel/clock.js';
import { withDeadline } from '../core/kernel/deadline.js';
import { TaskError } from '../core/kernel/errors.js';
import type { ConnectOptions, Signal, SignalEvent } from '../core/kernel/signal.js';
import { DEFAULT_TIMEOUT_MS, type WaitLimit } from './outbox.js';

export interface SignalWait<Sender, Args> extends WaitLimit, Pick<ConnectOptions<Sender>, 'sender'> {
  /** Which event is meant. @defaultValue the first */
  readonly matching?: (event: SignalEvent<Sender, Args>) => boolean;
}

/**
 * Resolves with the next event of a signal; start it before what sends the signal. Signals of tasks are sent on the
 * thread that runs them: here they are heard inline only.
 * @throws TimeoutError
 */
export function waitForSignal<Sender, Args extends object>(
  signal: Signal<Sender, Args>,
  options: SignalWait<Sender, Args> = {},
): Promise<SignalEvent<Sender, Args>> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, matching = () => true, sender } = options;
  let disconnect = (): void => undefined;
  const sent = new Promise<SignalEvent<Sender, Args>>((resolve) => {
    const receive = (event: SignalEvent<Sender, Args>): void => {
      if (matching(event)) resolve(event);
    };
    disconnect = signal.connect(receive, sender === undefined ? {} : { sender });
  });
  return withDeadline(systemClock, sent, timeoutMs, `waiting for the signal ${signal.name}`).finally(() => {
    disconnect();
  });
}

/**
 * Resolves with the result as it is in this state, now or as soon as it comes to it. STARTED is only seen with
 * `taskTrackStarted`.
 * @throws TaskError when the task ends in another state; TimeoutError
 */
export async function waitForState(
  result: AsyncResult,
  state: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: WaitLimit = {},
): Promise<ResultMeta> {
  const seen: string[] = [];
  for await (const meta of result.updates({ timeoutMs })) {
    if (meta.state === state) return meta;
    seen.push(meta.state);
  }
  const way = seen.length === 0 ? 'its result is not stored' : `it went through ${seen.join(', ')}`;
  throw new TaskError(`task ${result.id} never was in the state ${state}: ${way}`);
}
