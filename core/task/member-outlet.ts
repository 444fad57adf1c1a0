/** The outlet inside a member: every request is a call to the host, in the order in which it was made. Member thread. */
import { CreditGate } from '../kernel/credit-gate.js';
import type { Clock } from '../kernel/clock.js';
import { withDeadline } from '../kernel/deadline.js';
import { GROUP_STATE, type StoredResult } from '../ports/backend.js';
import type { MemberLink } from '../ports/member-program.js';
import type { OutgoingMessage } from '../ports/transport.js';
import { encodeOutgoing } from '../protocol/outgoing-record.js';
import { currentTask } from './current-task.js';
import {
  MemberCall,
  decodeStoredResult,
  decodeStoredResults,
  encodeAwait,
  encodeStoredResult,
  type LogRecord,
} from './member-call.js';
import type { AwaitOptions, Outlet } from './outlet.js';
import { encodeSpecialPublish, type PublishOptions } from './publish-options.js';

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
  #lastAwait = 0;

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

  publish(message: OutgoingMessage, options: PublishOptions | null = null): Promise<void> {
    const { publishTimeoutMs, clock } = this.#options;
    const bytes = message.body.length;
    // Without waiting the record stands in the ring before this returns: a kill cannot take it back.
    const confirm = this.#gate.tryEnter(bytes)
      ? this.#send(message, options)
      : this.#gate.enter(bytes).then(() => this.#send(message, options));
    return withDeadline(clock, confirm, options?.timeoutMs ?? publishTimeoutMs, 'publishing from a task');
  }

  async fetchResults(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    return decodeStoredResults(await this.#call(MemberCall.FETCH_RESULTS, Buffer.from(JSON.stringify(taskIds))));
  }

  async awaitResult(taskId: string, { timeoutMs, signal, unlike, intervalMs }: AwaitOptions): Promise<StoredResult> {
    signal?.throwIfAborted();
    const key = signal === null ? null : String(++this.#lastAwait);
    const payload = encodeAwait({ taskId, timeoutMs, unlike, intervalMs, key });
    const reply = this.#wait(MemberCall.AWAIT_RESULT, payload);
    return decodeStoredResult(
      signal === null || key === null ? await reply : await this.#untilAbort(reply, signal, key),
    );
  }

  async storeResult(result: StoredResult): Promise<void> {
    await this.#call(MemberCall.STORE_RESULT, encodeStoredResult(result));
  }

  async forgetResults(taskIds: readonly string[]): Promise<void> {
    await this.#call(MemberCall.FORGET_RESULTS, Buffer.from(JSON.stringify(taskIds)));
  }

  async saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    await this.#call(MemberCall.SAVE_GROUP, encodeStoredResult({ taskId: groupId, state: GROUP_STATE, document }));
  }

  async fetchGroup(groupId: string): Promise<Uint8Array | null> {
    const document = await this.#call(MemberCall.FETCH_GROUP, Buffer.from(groupId));
    return document.length === 0 ? null : document;
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#call(MemberCall.DELETE_GROUP, Buffer.from(groupId));
  }

  async cleanUpResults(): Promise<number> {
    return Number(Buffer.from(await this.#call(MemberCall.CLEAN_UP_RESULTS, EMPTY)).toString());
  }

  /** Hands a line of a task's log to the host; nobody waits for it. */
  log(record: LogRecord): void {
    this.#call(MemberCall.LOG, Buffer.from(JSON.stringify(record))).catch(() => undefined);
  }

  /** Settles as the reply does, or rejects at the abort and tells the host, whose wait has lost its point. */
  #untilAbort(reply: Promise<Uint8Array>, signal: AbortSignal, key: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#call(MemberCall.ABANDON_AWAIT, Buffer.from(key)).catch(() => undefined);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      reply.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', onAbort);
      });
    });
  }

  async #send(message: OutgoingMessage, options: PublishOptions | null): Promise<void> {
    try {
      if (options === null) await this.#call(MemberCall.PUBLISH, encodeOutgoing(message));
      else await this.#call(MemberCall.PUBLISH_WITH, encodeSpecialPublish({ message, options }));
    } finally {
      this.#gate.leave(message.body.length);
    }
  }

  /** A task that waits here takes no slot of its member meanwhile: what it waits for may need one (BUG-26). */
  #wait(kind: number, payload: Uint8Array): Promise<Uint8Array> {
    const job = currentTask()?.job ?? null;
    const link = this.#link;
    return job === null || link.wait === undefined ? link.call(kind, payload, job) : link.wait(kind, payload, job);
  }

  #call(kind: number, payload: Uint8Array): Promise<Uint8Array> {
    return this.#link.call(kind, payload.length === 0 ? EMPTY : payload, currentTask()?.job ?? null);
  }
}
