/**
 * Which members have used up what they may: memory over their own baseline, time, or a share in a process that is too
 * large. It decides and never ends anybody: `Replacements` does, one after the other. Jobs are counted elsewhere
 * (departures.ts), since a member never gets more than it may run. Host thread; no timer runs while an option is off.
 */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import type { RetireCause } from '../../core/ports/pool.js';
import type { MemberState } from '../member-state.js';

const RSS_SAMPLE_MS = 1_000;
/** A member that has grown by less gives nothing back. */
const MIN_GROWTH_KIB = 1_024;
/** When every member was replaced and the process is still too large, that was not it: the next try. */
const RSS_REST_MS = 60_000;
/** Share of the age by which members differ, so that those that started together do not leave together. */
const AGE_JITTER = 0.1;
/** A member that could not be replaced when it was old is tried again then. */
const AGE_AGAIN_MS = 30_000;
/** Times the growth that it may have: then it takes nothing more at once, replacement or not. */
const URGENT_GROWTH = 2;

export interface RecyclingLimits {
  /** Growth of a member over its baseline, KiB. */
  readonly maxMemoryPerMemberKib: number | null;
  /** Size of the process, MB. */
  readonly maxRssMb: number | null;
  readonly maxAgeMs: number | null;
}

export interface RecycledMember {
  readonly state: MemberState;
  /** Memory that it holds, as it was last told, KiB. */
  readonly memoryKib: number;
}

export interface RecyclingParts<M> {
  readonly clock: Clock;
  readonly random: Random;
  /** Every member whose thread has not ended. */
  readonly members: ReadonlySet<M>;
  /** Resident memory of the process, bytes. */
  readonly rssBytes: () => number;
  readonly replacements: { readonly isIdle: boolean; want(member: M, cause: RetireCause, detail: string): void };
  readonly retire: (member: M, cause: RetireCause, detail: string) => void;
}

interface Birth {
  readonly readyMonoMs: number;
  readonly baselineKib: number;
  dueMonoMs: number;
}

export class Recycling<M extends RecycledMember> {
  readonly #limits: RecyclingLimits;
  readonly #parts: RecyclingParts<M>;
  readonly #births = new WeakMap<M, Birth>();
  #ageTimer: TimerHandle | null = null;
  #rssTimer: TimerHandle | null = null;
  /** Since then the process is too large without a break; null while it is not. */
  #tooLargeSinceMs: number | null = null;

  constructor(limits: RecyclingLimits, parts: RecyclingParts<M>) {
    this.#limits = limits;
    this.#parts = parts;
    if (limits.maxRssMb !== null) this.#sampleLater();
  }

  /** A member has loaded: what it holds now is its baseline. */
  ready(member: M): void {
    const { clock, random } = this.#parts;
    const { maxAgeMs } = this.#limits;
    const readyMonoMs = clock.nowMonoMs();
    const ageMs = (maxAgeMs ?? Infinity) * (1 - AGE_JITTER * random.float());
    this.#births.set(member, { readyMonoMs, baselineKib: member.memoryKib, dueMonoMs: readyMonoMs + ageMs });
    if (maxAgeMs !== null) this.#watchAges();
  }

  /** A member holds more than it may, and not because of garbage alone; it says so again while it does. */
  grown(member: M, memoryKib: number, baselineKib: number): void {
    const { maxMemoryPerMemberKib: maxKib } = this.#limits;
    if (maxKib === null) return;
    const detail = `it holds ${String(memoryKib)} KiB, ${String(memoryKib - baselineKib)} more than when it was loaded: more than ${String(maxKib)}`;
    const isUrgent = memoryKib - baselineKib > maxKib * URGENT_GROWTH;
    if (isUrgent) this.#parts.retire(member, 'heap', detail);
    else this.#parts.replacements.want(member, 'heap', detail);
  }

  close(): void {
    this.#ageTimer?.cancel();
    this.#rssTimer?.cancel();
    this.#ageTimer = null;
    this.#rssTimer = null;
  }

  #watchAges(): void {
    const { clock, members } = this.#parts;
    let dueMonoMs = Infinity;
    for (const member of members) {
      if (member.state === 'ready') dueMonoMs = Math.min(dueMonoMs, this.#births.get(member)?.dueMonoMs ?? Infinity);
    }
    this.#ageTimer?.cancel();
    this.#ageTimer = null;
    if (dueMonoMs === Infinity) return;
    const delayMs = Math.max(0, dueMonoMs - clock.nowMonoMs());
    this.#ageTimer = clock.after(delayMs, this.#replaceOld, { keepsAlive: false });
  }

  readonly #replaceOld = (): void => {
    const { clock, members, replacements } = this.#parts;
    const nowMs = clock.nowMonoMs();
    for (const member of [...members]) {
      const birth = this.#births.get(member);
      if (birth === undefined || birth.dueMonoMs > nowMs || member.state !== 'ready') continue;
      birth.dueMonoMs = nowMs + AGE_AGAIN_MS;
      const seconds = Math.round((nowMs - birth.readyMonoMs) / 1_000);
      replacements.want(member, 'age', `it has been there for ${String(seconds)} s`);
    }
    this.#watchAges();
  };

  #sampleLater(): void {
    this.#rssTimer = this.#parts.clock.after(RSS_SAMPLE_MS, this.#sample, { keepsAlive: false });
  }

  readonly #sample = (): void => {
    this.#sampleLater();
    const { clock, replacements, rssBytes } = this.#parts;
    // One at a time: only with its replacement in place can be seen what it has brought.
    if (!replacements.isIdle) return;
    const rssMb = Math.round(rssBytes() / 2 ** 20);
    const maxMb = this.#limits.maxRssMb ?? Infinity;
    if (rssMb <= maxMb) {
      this.#tooLargeSinceMs = null;
      return;
    }
    const nowMs = clock.nowMonoMs();
    if (this.#tooLargeSinceMs === null || nowMs - this.#tooLargeSinceMs > RSS_REST_MS) this.#tooLargeSinceMs = nowMs;
    const largest = this.#largestOf(this.#tooLargeSinceMs);
    if (largest === null) return;
    const growthMb = Math.round(this.#growthKib(largest) / 1_024);
    const detail = `the process has ${String(rssMb)} MB, more than ${String(maxMb)}; this member has grown most, by ${String(growthMb)} MB`;
    replacements.want(largest, 'rss', detail);
  };

  /** The member that has grown most among those that were there at the time. */
  #largestOf(thereSinceMs: number): M | null {
    let largest: M | null = null;
    for (const member of this.#parts.members) {
      if (member.state !== 'ready' || (this.#births.get(member)?.readyMonoMs ?? Infinity) >= thereSinceMs) continue;
      if (this.#growthKib(member) < MIN_GROWTH_KIB) continue;
      if (largest === null || this.#growthKib(member) > this.#growthKib(largest)) largest = member;
    }
    return largest;
  }

  #growthKib(member: M): number {
    return member.memoryKib - (this.#births.get(member)?.baselineKib ?? 0);
  }
}
