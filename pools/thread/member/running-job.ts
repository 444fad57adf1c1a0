/**
 * One run inside a member: what the program sees as `MemberJob`. Body and signal are made only when asked for, since most
 * programs read the bytes in place and most tasks never look at their signal.
 */
import { SoftTimeLimitExceeded, TerminatedError } from '../../../core/kernel/errors.js';
import type { MemberJob } from '../../../core/ports/member-program.js';
import type { Guard } from '../../guard.js';
import { AbortReason, type StatusBlock } from '../../ring/status-block.js';
import { slotOfTicket } from '../../ring/ticket.js';

/** What the runs of one member share. */
export interface RunningJobParts {
  readonly status: StatusBlock;
  readonly guard: Guard;
}

export interface RunningJobFields {
  readonly ticket: number;
  readonly head: string;
  /** 0 for none. */
  readonly softTimeLimitMs: number;
  /** Time that a run has between its soft limit and the interrupt. */
  readonly graceMs: number;
  readonly startedMs: number;
  readonly bodySource: Buffer;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** The body lies in the task ring and not in a copy. */
  readonly isInRing: boolean;
}

export class RunningJob implements MemberJob {
  readonly ticket: number;
  readonly slot: number;
  readonly head: string;
  bodySource: Buffer;
  bodyStart: number;
  bodyEnd: number;
  /** Its body lies in the task ring, whose room is held as long as its promise is pending. */
  isInRing: boolean;
  /** Calls for whose replies it waits without a slot (awaited-runs.ts). */
  openWaits = 0;
  readonly #softTimeLimitMs: number;
  readonly #strikeAtMs: number;
  readonly #parts: RunningJobParts;
  #controller: AbortController | null = null;

  constructor(parts: RunningJobParts, fields: RunningJobFields) {
    this.#parts = parts;
    this.ticket = fields.ticket;
    this.slot = slotOfTicket(fields.ticket);
    this.head = fields.head;
    this.bodySource = fields.bodySource;
    this.bodyStart = fields.bodyStart;
    this.bodyEnd = fields.bodyEnd;
    this.isInRing = fields.isInRing;
    this.#softTimeLimitMs = fields.softTimeLimitMs;
    this.#strikeAtMs = fields.startedMs + fields.softTimeLimitMs + fields.graceMs;
  }

  get body(): Uint8Array {
    return this.bodySource.subarray(this.bodyStart, this.bodyEnd);
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      // A synchronous loop gets no bell, so `aborted` looks at the shared word itself.
      const { signal } = this.#controller;
      Object.defineProperty(signal, 'aborted', {
        get: () => this.#abortIfAsked() || Reflect.get(AbortSignal.prototype, 'aborted', signal),
      });
      this.#abortIfAsked();
    }
    return this.#controller.signal;
  }

  /** Takes the body out of the ring, whose room others need. */
  keepBody(): void {
    const { bodyStart, bodyEnd } = this;
    this.bodySource = Buffer.from(this.body);
    this.bodyStart = 0;
    this.bodyEnd = bodyEnd - bodyStart;
    this.isInRing = false;
  }

  get isGuarded(): boolean {
    return this.#softTimeLimitMs > 0;
  }

  guarded<T>(call: () => T, owner: object): T {
    const { guard } = this.#parts;
    if (this.#softTimeLimitMs === 0 || guard.isReader(owner)) return call();
    try {
      return guard.run(call, { strikeAtMs: this.#strikeAtMs, softLimitSeconds: this.#softTimeLimitMs / 1_000 });
    } finally {
      if (this.#controller !== null) guard.noteReader(owner);
    }
  }

  abort(reason: Error): void {
    // Made if it was not asked for yet; what has aborted it before stays its reason.
    if (!this.signal.aborted) this.#controller?.abort(reason);
  }

  /** Lets the signal follow the shared word; called on every bell. */
  followAbort(): void {
    if (this.#controller !== null) this.#abortIfAsked();
  }

  #abortIfAsked(): boolean {
    const reason = this.#parts.status.abortReason(this.slot, this.ticket);
    if (reason === AbortReason.NONE) return false;
    // abort() does nothing the second time; its listeners run now, at the top of whatever the loop calls.
    this.#controller?.abort(
      reason === AbortReason.SOFT_LIMIT
        ? new SoftTimeLimitExceeded(this.#softTimeLimitMs / 1000)
        : new TerminatedError('the task was cancelled'),
    );
    return true;
  }
}
