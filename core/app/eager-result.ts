/** The result of a task that ran in the caller (CALL-35): it has ended, and no backend is asked. Client and member. */
import { PROPAGATE_STATES, State } from '../kernel/states.js';
import { refuseJoinInTask } from '../task/join-allowance.js';
import { AsyncResult } from './async-result.js';
import { pendingMeta } from './result-meta.js';
import type { GetOptions, ResultMeta, ResultNode, ResultSource } from './result-node.js';

/** How a run in the caller ended. */
export interface EagerEnd {
  readonly state: string;
  /** The value or the error itself, as the task returned or threw it. */
  readonly outcome: unknown;
  readonly traceback: string | null;
  readonly name: string;
  /** What the run has sent, or run, in its turn. */
  readonly children: readonly ResultNode[];
}

export class EagerResult<R = unknown> extends AsyncResult<R> {
  readonly #end: EagerEnd;

  /** @internal */
  constructor(id: string, source: ResultSource, end: EagerEnd) {
    super(id, source, { name: end.name });
    this.#end = end;
  }

  /** The value; @throws the task's own error, with `propagate`; ConfigError inside a task (RES-06) */
  override get(options: GetOptions = {}): Promise<R> {
    if (options.disableSyncSubtasks !== false) refuseJoinInTask('a result');
    return this.maybeThrow(options);
  }

  /** No backend holds it: what is asked of one is answered here. */
  override maybeThrow({ propagate = true, callback }: Pick<GetOptions, 'propagate' | 'callback'> = {}): Promise<R> {
    const { state, outcome } = this.#end;
    if (propagate && PROPAGATE_STATES.has(state)) {
      return Promise.reject(outcome instanceof Error ? outcome : new Error(String(outcome)));
    }
    callback?.(this.id, outcome);
    return Promise.resolve(outcome as R);
  }

  override meta(): Promise<ResultMeta> {
    const { state, outcome, traceback, children, name } = this.#end;
    return Promise.resolve({ ...pendingMeta(this.id), state, result: outcome, traceback, children, name });
  }

  override exists(): Promise<boolean> {
    return Promise.resolve(this.#end.state !== State.PENDING);
  }

  override forget(): Promise<void> {
    return Promise.resolve();
  }
}
