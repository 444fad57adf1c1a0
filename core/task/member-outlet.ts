/** The outlet inside a member: every request is a call to the host, in the order in which it was made. Member thread. */
import { CreditGate } from '../kernel/credit-gate.js';
import type { Clock } from '../kernel/clock.js';
import { withDeadline } from '../kernel/deadline.js';
import type { StoredResult } from '../ports/backend.js';
import type { MemberLink } from '../ports/member-program.js';
import type { OutgoingMessage } from '../ports/transport.js';
import { encodeOutgoing } from '../protocol/outgoing-record.js';
import { currentTask } from './current-task.js';
import { MemberCall, decodeStoredResult, encodeAwait, encodeStoredResult, type LogRecord } from './member-call.js';
import type { Outlet } from './outlet.js';

const EMPTY = new Uint8Array(0);

export interface MemberOutletOptions {
  readonly maxUnconfirmed: number;
  readonly maxUnconfirmedBytes: number;
  readonly publishTimeoutMs: number;
  readonly clock: Clock;
}

export class MemberOutlet implements Outlet {
  readonly #link: MemberLink;
  readonly #options: MemberOutletOptions;
  readonly #gate: CreditGate;

  constructor(link: MemberLink, options: MemberOutletOptions) {
    this.#link = link;
    this.#options = options;
    this.#gate = new CreditGate({
      maxCount: options.maxUnconfirmed,
      maxBytes: options.maxUnconfirmedBytes,
      timeoutMs: options.publishTimeoutMs,
      clock: options.clock,
    });
  }

  publish(message: OutgoingMessage): Promise<void> {
    const { publishTimeoutMs, clock } = this.#options;
    const bytes = message.body.length;
    // Without waiting the record stands in the ring before this returns: a kill cannot take it back.
    const confirm = this.#gate.tryEnter(bytes)
      ? this.#send(message, bytes)
      : this.#gate.enter(bytes).then(() => this.#send(message, bytes));
    return withDeadline(clock, confirm, publishTimeoutMs, 'publishing from a task');
  }

  async fetchResult(taskId: string): Promise<StoredResult | null> {
    const reply = await this.#call(MemberCall.FETCH_RESULT, Buffer.from(taskId));
    return reply.length === 0 ? null : decodeStoredResult(reply);
  }

  async awaitResult(taskId: string, timeoutMs: number | null): Promise<StoredResult> {
    return decodeStoredResult(await this.#call(MemberCall.AWAIT_RESULT, encodeAwait({ taskId, timeoutMs })));
  }

  async storeResult(result: StoredResult): Promise<void> {
    await this.#call(MemberCall.STORE_RESULT, encodeStoredResult(result));
  }

  async forgetResults(taskIds: readonly string[]): Promise<void> {
    await this.#call(MemberCall.FORGET_RESULTS, Buffer.from(JSON.stringify(taskIds)));
  }

  /** Hands a line of a task's log to the host; nobody waits for it. */
  log(record: LogRecord): void {
    this.#call(MemberCall.LOG, Buffer.from(JSON.stringify(record))).catch(() => undefined);
  }

  async #send(message: OutgoingMessage, bytes: number): Promise<void> {
    try {
      await this.#call(MemberCall.PUBLISH, encodeOutgoing(message));
    } finally {
      this.#gate.leave(bytes);
    }
  }

  #call(kind: number, payload: Uint8Array): Promise<Uint8Array> {
    return this.#link.call(kind, payload.length === 0 ? EMPTY : payload, currentTask()?.job ?? null);
  }
}
