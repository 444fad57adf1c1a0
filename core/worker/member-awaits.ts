/**
 * The waits for results that members have open, so that one which nobody waits for any more can be ended: it would hold
 * a watch at the backend for as long as the worker runs. Host thread.
 */
import { TerminatedError } from '../kernel/errors.js';
import type { StoredResult } from '../ports/backend.js';
import type { MemberInfo } from '../ports/pool.js';
import { decodeAwait } from '../task/member-call.js';
import type { Outlet } from '../task/outlet.js';

export class MemberAwaits {
  readonly #outlet: Outlet;
  /** `member:key` → its end. A key is the member's own, and a replacement is another member. */
  readonly #open = new Map<string, AbortController>();

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** @param payload an `AwaitRequest`, encoded */
  async start(payload: Uint8Array, member: MemberInfo): Promise<StoredResult> {
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

  abandon(key: string, member: MemberInfo): void {
    this.#open.get(nameOf(key, member))?.abort(new TerminatedError('nobody waits for this result any more'));
  }
}

function nameOf(key: string, member: MemberInfo): string {
  return `${String(member.index)}.${String(member.epoch)}:${key}`;
}
