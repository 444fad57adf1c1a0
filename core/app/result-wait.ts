/**
 * One wait for a task's result: a watch at the backend, a deadline, and an end from outside. Client and host; a member's
 * waits are its host's.
 */
import { systemClock, type Clock, type TimerHandle } from '../kernel/clock.js';
import { TerminatedError, TimeoutError } from '../kernel/errors.js';
import { keepHiddenClass } from '../kernel/hidden-class.js';
import { READY_STATES } from '../kernel/states.js';
import type { StoredResult, Watch } from '../ports/backend.js';
import type { AwaitOptions } from '../task/outlet.js';
import { resultDigest } from '../task/result-digest.js';

/** What the waits at one backend have in common. */
export interface WaitPlace {
  /** Starts to watch a task at the backend; one that cannot push is read every `intervalMs`. */
  readonly watch: (taskId: string, onResult: (result: StoredResult) => void, intervalMs: number) => Watch;
  readonly clock: Clock;
  /** The waits that are open; each is among them until it ends. */
  readonly open: Set<ResultWait>;
}

export class ResultWait {
  /** Rejects with TimeoutError, the signal's reason, or TerminatedError after `abandon`. */
  readonly ended: Promise<StoredResult>;
  readonly #options: AwaitOptions;
  readonly #open: Set<ResultWait>;
  #resolve!: (result: StoredResult) => void;
  #reject!: (error: Error) => void;
  #timer: TimerHandle | null = null;
  #watch: Watch | null = null;
  /** Only a wait with a signal has one: nearly every `get()` has none. */
  #onAbort: (() => void) | null = null;
  #isOver = false;

  constructor(taskId: string, options: AwaitOptions, { watch, clock, open }: WaitPlace) {
    const { timeoutMs, signal, intervalMs } = options;
    this.#options = options;
    this.#open = open;
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
    this.#watch = watch(
      taskId,
      (result) => {
        if (this.#isOver || !this.#isAwaited(result)) return;
        this.#end();
        this.#resolve(result);
      },
      intervalMs,
    );
    if (signal !== null) this.#heed(signal);
    // A store may call back before `watch` has returned.
    if (this.#isOver) this.#watch.stop();
  }

  /** Ends the wait: nothing would answer it any more (R3). */
  abandon(): void {
    this.#end();
    this.#reject(new TerminatedError('the app was closed while a result was awaited'));
  }

  #isAwaited(result: StoredResult): boolean {
    const { unlike } = this.#options;
    return unlike === null ? READY_STATES.has(result.state) : resultDigest(result) !== unlike;
  }

  #heed(signal: AbortSignal): void {
    this.#onAbort = (): void => {
      this.#end();
      this.#reject(signal.reason as Error);
    };
    if (signal.aborted) this.#onAbort();
    else if (!this.#isOver) signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  #end(): void {
    this.#isOver = true;
    this.#open.delete(this);
    this.#timer?.cancel();
    this.#watch?.stop();
    if (this.#onAbort !== null) this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** It waits for nothing. */
function specimen(): ResultWait {
  const watch = { stop: (): void => undefined };
  const options = { timeoutMs: null, signal: null, intervalMs: 0, unlike: null };
  return new ResultWait('', options, { watch: () => watch, clock: systemClock, open: new Set() });
}

keepHiddenClass(specimen());
