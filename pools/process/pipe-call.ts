/** A call of a child's program as the host serves it. Answers once; later answers and those to a dead child go nowhere. */
import type { MemberInfo, PoolCall, PoolJob } from '../../core/ports/pool.js';
import { encodeError } from './frame.js';

/** Sends the replies to one child. */
export interface ReplySender {
  reply(callId: number, payload: Uint8Array, isError: boolean): void;
}

export class PipeCall implements PoolCall {
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
    this.#answer(encodeError(error), true);
  }

  #answer(payload: Uint8Array, isError: boolean): void {
    const sender = this.#sender;
    this.#sender = null;
    if (sender !== null) this.#onAnswered?.();
    sender?.reply(this.#callId, payload, isError);
  }
}
