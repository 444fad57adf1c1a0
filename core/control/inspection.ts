/** `app.control.inspect()`: what nodes say about themselves (features.md §24.1), one method a question. Client. */
import type { ControlReplies } from './control-reply.js';

export type Ask = (method: string, args: Readonly<Record<string, unknown>>) => Promise<ControlReplies>;

/** A request as a node describes it (protocol.md §9.3). */
export interface InspectedRequest {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly type: string;
  readonly hostname: string;
  /** Seconds since 1970; null when it has not started. */
  readonly time_start: number | null;
  readonly acknowledged: boolean;
  readonly delivery_info: Readonly<Record<string, unknown>>;
  readonly worker_pid: number | null;
}

export class Inspection {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  ping(): Promise<ControlReplies<{ readonly ok: string }>> {
    return this.#asked('ping');
  }

  /** Tasks that run. */
  active(): Promise<ControlReplies<readonly InspectedRequest[]>> {
    return this.#asked('active');
  }

  /** Tasks that were received and do not run yet. */
  reserved(): Promise<ControlReplies<readonly InspectedRequest[]>> {
    return this.#asked('reserved');
  }

  /** Tasks that wait for their time. */
  scheduled(): Promise<ControlReplies<readonly { readonly eta: string | null; readonly request: InspectedRequest }[]>> {
    return this.#asked('scheduled');
  }

  /** Ids that were revoked, oldest first. */
  revoked(): Promise<ControlReplies<readonly string[]>> {
    return this.#asked('revoked');
  }

  /** Names of tasks. */
  registered(): Promise<ControlReplies<readonly string[]>> {
    return this.#asked('registered');
  }

  stats(): Promise<ControlReplies<Readonly<Record<string, unknown>>>> {
    return this.#asked('stats');
  }

  /** The logical clock. */
  clock(): Promise<ControlReplies<{ readonly clock: number }>> {
    return this.#asked('clock');
  }

  /** For ids that the node knows: whether the task is active, reserved or ready, and its request. */
  queryTask(
    ids: string | readonly string[],
  ): Promise<ControlReplies<Readonly<Record<string, readonly [string, InspectedRequest]>>>> {
    return this.#asked('query_task', { ids: typeof ids === 'string' ? [ids] : ids });
  }

  #asked<T>(method: string, args: Readonly<Record<string, unknown>> = {}): Promise<ControlReplies<T>> {
    return this.#ask(method, args) as Promise<ControlReplies<T>>;
  }
}
