/**
 * The waits for results that members have open, so that one which nobody waits for any more can be ended: it would hold
 * a watch at the backend for as long as the worker runs. While a task waits that holds its message, one more may be
 * fetched in its place: it may be the one that is waited for (BUG-26). Host thread.
 */
import { TerminatedError } from '../kernel/errors.js';
import type { StoredResult } from '../ports/backend.js';
import type { MemberInfo, PoolCall } from '../ports/pool.js';
import { decodeAwait } from '../task/member-call.js';
import type { Outlet } from '../task/outlet.js';
import type { PrefetchWindow } from './prefetch-window.js';
import { Request } from './request.js';

export class MemberAwaits {
  readonly #outlet: Outlet;
  readonly #window: Pick<PrefetchWindow, 'raiseFor' | 'lowerFor'>;
  /** `member:key` → its end. A key is the member's own, and a replacement is another member. */
  readonly #open = new Map<string, AbortController>();

  constructor(outlet: Outlet, window: Pick<PrefetchWindow, 'raiseFor' | 'lowerFor'>) {
    this.#outlet = outlet;
    this.#window = window;
  }

  /** @param call its payload is an `AwaitRequest`, encoded */
  async start({ payload, member, job }: PoolCall): Promise<StoredResult> {
    // What was acknowledged at its start holds no place in the window.
    const holder = job instanceof Request && !job.isAcked ? job : null;
    if (holder === null) return this.#wait(payload, member);
    this.#window.raiseFor(holder);
    try {
      return await this.#wait(payload, member);
    } finally {
      this.#window.lowerFor(holder);
    }
  }

  abandon(key: string, member: MemberInfo): void {
    this.#open.get(nameOf(key, member))?.abort(new TerminatedError('nobody waits for this result any more'));
  }

  async #wait(payload: Uint8Array, member: MemberInfo): Promise<StoredResult> {
    const { taskId, timeoutMs, unlike, intervalMs, key } = decodeAwait(payload);
    if (key === null) return this.#outlet.awaitResult(taskId, { timeoutMs, unlike, intervalMs, signal: null });
    const name = nameOf(key, member);
    const end = new AbortController();
    this.#open.set(name, end);
    try {
      return await this.#outlet.awaitResult(taskId, { timeoutMs, unlike, intervalMs, signal: end.signal });
    } finally {
      this.#open.delete(name);
    }
  }
}

function nameOf(key: string, member: MemberInfo): string {
  return `${String(member.index)}.${String(member.epoch)}:${key}`;
}
