/**
 * Members that are to be replaced although they work: a replacement is loaded first, then the old one takes nothing more
 * and leaves. Few at a time, since each that loads costs a core, so that a whole pool that grows old on one day does not
 * start anew at one moment. Host thread.
 */
import type { RetireCause } from '../../core/ports/pool.js';
import type { MemberState } from '../member-state.js';

/** Pools from this size on replace a quarter of their members at once, smaller ones one. */
const MANY_MEMBERS = 8;

export interface ReplaceableMember {
  readonly state: MemberState;
}

export interface ReplacementSteps<M> {
  /** Places of the pool. */
  readonly size: () => number;
  /** Starts a replacement beside the member, or answers the one that there is; null when none can be started now. */
  readonly spareFor: (member: M) => M | null;
  readonly retire: (member: M, cause: RetireCause, detail: string) => void;
}

interface Departure {
  readonly cause: RetireCause;
  readonly detail: string;
}

export class Replacements<M extends ReplaceableMember> {
  readonly #steps: ReplacementSteps<M>;
  /** Those that wait for their turn, in order. */
  readonly #wanted = new Map<M, Departure>();
  /** Old member → its replacement, and why it leaves. */
  readonly #active = new Map<M, Departure & { readonly spare: M }>();

  constructor(steps: ReplacementSteps<M>) {
    this.#steps = steps;
  }

  /** Nobody is being replaced, or waits for it. */
  get isIdle(): boolean {
    return this.#active.size === 0 && this.#wanted.size === 0;
  }

  /** Replaces the member in its turn. Forgotten when no replacement can be loaded: the old one is better than none. */
  want(member: M, cause: RetireCause, detail: string): void {
    if (member.state !== 'ready' || this.#active.has(member) || this.#wanted.has(member)) return;
    this.#wanted.set(member, { cause, detail });
    this.#proceed();
  }

  /** A member has become ready, has left its place, or is gone. */
  changed(): void {
    if (this.isIdle) return;
    for (const [member, { spare, cause, detail }] of [...this.#active]) {
      if (member.state === 'ready' && spare.state === 'ready') this.#steps.retire(member, cause, detail);
      // While it retires its place is not what it was; a spare that came to nothing leaves the old one where it is.
      const isOver = member.state !== 'ready' && member.state !== 'retiring';
      if (isOver || (member.state === 'ready' && spare.state !== 'spawning')) this.#active.delete(member);
    }
    this.#proceed();
  }

  #proceed(): void {
    const size = this.#steps.size();
    const most = size < MANY_MEMBERS ? 1 : Math.floor(size / 4);
    for (const [member, departure] of [...this.#wanted]) {
      if (this.#active.size >= most) return;
      if (!this.#wanted.delete(member) || member.state !== 'ready') continue;
      const spare = this.#steps.spareFor(member);
      if (spare === null) continue;
      this.#active.set(member, { ...departure, spare });
      if (spare.state === 'ready') this.#steps.retire(member, departure.cause, departure.detail);
    }
  }
}
