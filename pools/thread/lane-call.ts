/** A call of a member program as the host serves it. Answers once; later answers and those to a dead member go nowhere. */
import type { MemberInfo, PoolCall, PoolJob } from '../../core/ports/pool.js';
import { errorText } from '../error-text.js';

/** Sends the replies of one lane. */
export interface ReplySender {
  /** `payload` is owned by the sender from here on. */
  sendReply(callId: number, payload: Uint8Array, isError: boolean): void;
}

export class LaneCall implements PoolCall {
  readonly kind: number;
  readonly payload: Uint8Array;
  readonly job: PoolJob | null;
  readonly member: MemberInfo;
  readonly #callId: number;
  readonly #onAnswered: (() => void) | null;
  #sender: ReplySender | null;

  constructor(
    sender: ReplySender,
    fields: Pick<PoolCall, 'kind' | 'payload' | 'job' | 'member'> & {
      readonly callId: number;
      readonly onAnswered: (() => void) | null;
    },
  ) {
    this.#sender = sender;
    this.kind = fields.kind;
    this.payload = fields.payload;
    this.job = fields.job;
    this.member = fields.member;
    this.#callId = fields.callId;
    this.#onAnswered = fields.onAnswered;
  }

  reply(payload: Uint8Array): void {
    this.#answer(payload, false);
  }

  fail(error: Error): void {
    this.#answer(Buffer.from(JSON.stringify({ ...errorText(error), stack: null })), true);
  }

  #answer(payload: Uint8Array, isError: boolean): void {
    const sender = this.#sender;
    this.#sender = null;
    if (sender !== null) this.#onAnswered?.();
    sender?.sendReply(this.#callId, payload, isError);
  }
}
