/** One wait for a task's ready result: a watch at the backend, a deadline, and an end from outside. Client and host. */
import type { Clock, TimerHandle } from '../kernel/clock.js';
import { TerminatedError, TimeoutError } from '../kernel/errors.js';
import { READY_STATES } from '../kernel/states.js';
import type { Backend, StoredResult, Watch } from '../ports/backend.js';

export interface ResultWaitOptions {
  readonly backend: Backend;
  readonly taskId: string;
  /** null waits for as long as the process lives. */
  readonly timeoutMs: number | null;
  readonly clock: Clock;
  /** The waits that are open; this one is among them until it ends. */
  readonly open: Set<ResultWait>;
}

export class ResultWait {
  /** The ready result. Rejects with TimeoutError, or TerminatedError after `abandon`. */
  readonly ended: Promise<StoredResult>;
  readonly #open: Set<ResultWait>;
  #resolve!: (result: StoredResult) => void;
  #reject!: (error: Error) => void;
  #timer: TimerHandle | null = null;
  #watch: Watch | null = null;
  #isOver = false;

  constructor({ backend, taskId, timeoutMs, clock, open }: ResultWaitOptions) {
    this.#open = open;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    open.add(this);
    if (timeoutMs !== null) {
      this.#timer = clock.after(timeoutMs, () => {
        this.#end();
        this.#reject(new TimeoutError(`the result of task ${taskId} took longer than ${String(timeoutMs)} ms`));
      });
    }
    this.#watch = backend.watch(taskId, (result) => {
      if (!READY_STATES.has(result.state)) return;
      this.#end();
      this.#resolve(result);
    });
    // A store may call back before `watch` has returned.
    if (this.#isOver) this.#watch.stop();
  }

  /** Ends the wait: nothing would answer it any more (R3). */
  abandon(): void {
    this.#end();
    this.#reject(new TerminatedError('the app was closed while a result was awaited'));
  }

  #end(): void {
    this.#isOver = true;
    this.#open.delete(this);
    this.#timer?.cancel();
    this.#watch?.stop();
  }
}
