/**
 * One wait for a task's result: a watch at the backend, a deadline, and an end from outside. Client and host; a member's
 * waits are its host's.
 */
import type { Clock, TimerHandle } from '../kernel/clock.js';
import { TerminatedError, TimeoutError } from '../kernel/errors.js';
import { READY_STATES } from '../kernel/states.js';
import type { StoredResult, Watch } from '../ports/backend.js';
import type { AwaitOptions } from '../task/outlet.js';
import { resultDigest } from '../task/result-digest.js';

export interface ResultWaitOptions extends AwaitOptions {
  /** Starts to watch the task at the backend. */
  readonly watch: (taskId: string, onResult: (result: StoredResult) => void) => Watch;
  readonly taskId: string;
  readonly clock: Clock;
  /** The waits that are open; this one is among them until it ends. */
  readonly open: Set<ResultWait>;
}

export class ResultWait {
  /** Rejects with TimeoutError, the signal's reason, or TerminatedError after `abandon`. */
  readonly ended: Promise<StoredResult>;
  readonly #open: Set<ResultWait>;
  readonly #unlike: string | null;
  readonly #signal: AbortSignal | null;
  #resolve!: (result: StoredResult) => void;
  #reject!: (error: Error) => void;
  #timer: TimerHandle | null = null;
  #watch: Watch | null = null;
  #isOver = false;

  constructor({ watch, taskId, timeoutMs, signal, unlike, clock, open }: ResultWaitOptions) {
    this.#open = open;
    this.#unlike = unlike;
    this.#signal = signal;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    open.add(this);
    if (timeoutMs !== null) {
      this.#timer = clock.after(timeoutMs, () => {
        this.#end();
        this.#reject(new TimeoutError(`the result of task ${taskId} took longer than ${timeoutMs.toFixed(0)} ms`));
      });
    }
    this.#watch = watch(taskId, (result) => {
      if (this.#isOver || !this.#isAwaited(result)) return;
      this.#end();
      this.#resolve(result);
    });
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
    // A store may call back before `watch` has returned.
    if (this.#isOver) this.#watch.stop();
  }

  /** Ends the wait: nothing would answer it any more (R3). */
  abandon(): void {
    this.#end();
    this.#reject(new TerminatedError('the app was closed while a result was awaited'));
  }

  #isAwaited(result: StoredResult): boolean {
    return this.#unlike === null ? READY_STATES.has(result.state) : resultDigest(result) !== this.#unlike;
  }

  readonly #onAbort = (): void => {
    this.#end();
    this.#reject(this.#signal?.reason as Error);
  };

  #end(): void {
    this.#isOver = true;
    this.#open.delete(this);
    this.#timer?.cancel();
    this.#watch?.stop();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
