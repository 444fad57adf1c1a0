/** One run inside a child: what the program sees as `MemberJob`. Body and signal are made when asked for. */
import { SoftTimeLimitExceeded, TerminatedError } from '../../../core/kernel/errors.js';
import type { MemberJob } from '../../../core/ports/member-program.js';
import type { Guard } from '../../guard.js';
import { AbortReason, type Frame } from '../frame.js';

/** What the runs of one child share. */
export interface RunParts {
  /** Asks for aborts that have come since the last turn of the event loop. */
  readonly look: () => void;
  readonly guard: Guard;
}

export class Run implements MemberJob {
  readonly ticket: number;
  readonly head: string;
  readonly bodySource: Buffer;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly #softTimeLimitMs: number;
  readonly #strikeAtMs: number;
  readonly #parts: RunParts;
  #controller: AbortController | null = null;
  #reason: AbortReason | null = null;

  constructor({ id, ref, value, extra, payload }: Frame, startedMs: number, parts: RunParts) {
    this.ticket = id;
    this.head = payload.toString('utf8', 0, ref);
    this.bodySource = payload;
    this.bodyStart = ref;
    this.bodyEnd = payload.length;
    this.#softTimeLimitMs = value;
    this.#strikeAtMs = startedMs + value + extra;
    this.#parts = parts;
  }

  get body(): Uint8Array {
    return this.bodySource.subarray(this.bodyStart, this.bodyEnd);
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController();
      this.#controller = controller;
      // A synchronous loop has no turns, so `aborted` looks for itself.
      Object.defineProperty(controller.signal, 'aborted', {
        get: () => {
          this.#parts.look();
          return Reflect.get(AbortSignal.prototype, 'aborted', controller.signal);
        },
      });
      this.#abortIfAsked();
    }
    return this.#controller.signal;
  }

  get isGuarded(): boolean {
    return this.#softTimeLimitMs > 0;
  }

  guarded<T>(call: () => T, owner: object): T {
    const { guard } = this.#parts;
    if (!this.isGuarded || guard.isReader(owner)) return call();
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

  /** The host wants it to stop. */
  requestAbort(reason: AbortReason): void {
    this.#reason ??= reason;
    this.#abortIfAsked();
  }

  #abortIfAsked(): void {
    if (this.#reason === null) return;
    this.#controller?.abort(
      this.#reason === AbortReason.SOFT_LIMIT
        ? new SoftTimeLimitExceeded(this.#softTimeLimitMs / 1_000)
        : new TerminatedError('the task was cancelled'),
    );
  }
}
