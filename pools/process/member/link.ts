/** The program's way to the host: calls out, replies in. One per child. */
import type { MemberJob, MemberLink } from '../../../core/ports/member-program.js';
import { decodeError, FrameKind, NO_TICKET, type Frame, type MemberBoot } from '../frame.js';
import { sendFrame } from './channel.js';
import { Run } from './run.js';

interface OpenCall {
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

export class PipeLink implements MemberLink {
  readonly index: number;
  readonly epoch: number;
  readonly data: unknown;
  /** call id → who waits for its reply */
  readonly #open = new Map<number, OpenCall>();
  #lastCallId = 0;

  constructor({ index, epoch, data }: MemberBoot) {
    this.index = index;
    this.epoch = epoch;
    this.data = data;
  }

  call(kind: number, payload: Uint8Array, job: MemberJob | null): Promise<Uint8Array> {
    return this.#send(kind, payload, { job, lends: false });
  }

  wait(kind: number, payload: Uint8Array, job: MemberJob | null): Promise<Uint8Array> {
    return this.#send(kind, payload, { job, lends: true });
  }

  settle({ id, ref, payload }: Frame): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    if (ref === 0) open.resolve(payload);
    else open.reject(decodeError(payload));
  }

  #send(
    kind: number,
    payload: Uint8Array,
    { job, lends }: { readonly job: MemberJob | null; readonly lends: boolean },
  ): Promise<Uint8Array> {
    this.#lastCallId = (this.#lastCallId + 1) >>> 0;
    const id = this.#lastCallId;
    const reply = new Promise<Uint8Array>((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
    });
    const ref = job instanceof Run ? job.ticket : NO_TICKET;
    sendFrame(FrameKind.CALL, { programKind: kind, id, ref, value: lends ? 1 : 0 }, payload);
    return reply;
  }
}
