/** A call of a program that runs in the host's own thread. Answers once. */
import type { MemberInfo, PoolCall, PoolJob } from '../../core/ports/pool.js';
import { errorOfText, errorText } from '../error-text.js';

export class SoloCall implements PoolCall {
  readonly kind: number;
  readonly payload: Uint8Array;
  readonly job: PoolJob | null;
  readonly member: MemberInfo;
  readonly reply: (payload: Uint8Array) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    fields: Pick<PoolCall, 'kind' | 'payload' | 'job' | 'member'>,
    resolve: (payload: Uint8Array) => void,
    reject: (error: Error) => void,
  ) {
    this.kind = fields.kind;
    // The caller may use its buffer again.
    this.payload = fields.payload.slice();
    this.job = fields.job;
    this.member = fields.member;
    this.reply = resolve;
    this.#reject = reject;
  }

  /** What travels elsewhere, and no more: a task must not come to rely on the host's own object. */
  fail(error: Error): void {
    this.#reject(errorOfText({ ...errorText(error), stack: null }));
  }
}
