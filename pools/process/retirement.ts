/**
 * How child processes leave in peace: they take nothing more, end what they run, close their program. Those that have run
 * enough, hold too much memory or are old are replaced; where the job itself does not force it, the replacement is loaded
 * first. Host thread.
 */
import type { PoolHandlers, RetireCause } from '../../core/ports/pool.js';
import { MAX_AWAY } from '../lent-slots.js';
import type { MemberProcess } from './member-process.js';
import type { Places } from './places.js';
import type { ResolvedProcessPoolOptions } from './process-options.js';

/** A replacement could not be started when a member was too old: looked at again. */
const AGE_AGAIN_MS = 30_000;

type Recycling = 'tasks' | 'rss' | 'age';

export class Retirement {
  /** Members that were replaced after their last job. */
  recycledCount = 0;
  /** Members that were replaced or given up, by cause. */
  readonly retired: Partial<Record<RetireCause, number>> = {};
  readonly #places: Places;
  readonly #options: ResolvedProcessPoolOptions;
  readonly #onRetire: PoolHandlers['onRetire'];
  /** Members whose process the kernel would not end. */
  readonly #stuck = new Set<MemberProcess>();

  constructor(places: Places, options: ResolvedProcessPoolOptions, { onRetire }: PoolHandlers) {
    this.#places = places;
    this.#options = options;
    this.#onRetire = onRetire;
  }

  get stuckCount(): number {
    for (const member of this.#stuck) if (member.hasExited) this.#stuck.delete(member);
    return this.#stuck.size;
  }

  count(member: MemberProcess, cause: RetireCause, detail: string): void {
    this.retired[cause] = (this.retired[cause] ?? 0) + 1;
    this.#onRetire?.(member, cause, detail);
  }

  /** Two-phase: no new jobs, then its program closes. */
  retire(member: MemberProcess, cause: RetireCause, detail: string): void {
    if (member.state === 'spawning') member.terminate('it is not needed');
    if (member.state !== 'ready') return;
    this.count(member, cause, detail);
    member.retire();
    this.#places.prepareSpare(member);
    this.#finishIfDone(member);
  }

  /** The pool closes: it is not replaced, and nobody need hear of it. */
  dismiss(member: MemberProcess): void {
    if (member.state === 'spawning') member.terminate('it is not needed');
    if (member.state !== 'ready') return;
    member.retire();
    this.#finishIfDone(member);
  }

  /** A member has loaded. */
  ready(member: MemberProcess): void {
    this.#watchAge(member, this.#options.maxAgeMs);
    const old = this.#places.replacedBy(member);
    if (old?.replaceCause == null) return;
    this.#recycle(old, old.replaceCause);
  }

  /** A member has ended a job, or waits for one. */
  look(member: MemberProcess): void {
    this.#finishIfDone(member);
    if (member.state !== 'ready') return;
    const { maxTasksPerMember } = this.#options;
    if (member.assignedCount >= maxTasksPerMember && member.takenSlots === 0) this.#recycle(member, 'tasks');
    else if (member.rssKib > 0 && member.replaceCause === null && this.#isTooLarge(member))
      this.#replace(member, 'rss');
  }

  /** It is gone and was to replace another one: that one stays, and is looked at again. */
  lostSpare(member: MemberProcess): void {
    const old = this.#places.replacedBy(member);
    if (old === null || old.replaceCause === null) return;
    const isOld = old.replaceCause === 'age';
    old.replaceCause = null;
    if (isOld) this.#watchAge(old, this.#ageAgainMs);
  }

  gone(member: MemberProcess): void {
    if (!member.hasExited) this.#stuck.add(member);
  }

  /** Of the pool only one member leaves at a time because all are too large together. */
  #isTooLarge({ rssKib }: MemberProcess): boolean {
    const { maxMemoryPerMemberKib, maxRssMb } = this.#options;
    if (rssKib > maxMemoryPerMemberKib) return true;
    if (maxRssMb === Infinity) return false;
    let totalKib = process.memoryUsage.rss() / 1024;
    for (const member of this.#places.members) {
      if (member.replaceCause !== null || member.rssKib > rssKib) return false;
      totalKib += member.rssKib;
    }
    return totalKib / 1024 > maxRssMb;
  }

  #watchAge(member: MemberProcess, delayMs: number | null): void {
    if (delayMs === null) return;
    const onAge = (): void => {
      if (member.state !== 'ready') return;
      const isOther = [...this.#places.members].some(({ replaceCause }) => replaceCause !== null);
      if (!isOther) this.#replace(member, 'age');
      // One after the other: all of them are of the same age.
      if (member.replaceCause === null) this.#watchAge(member, this.#ageAgainMs);
    };
    member.ageTimer = this.#options.clock.after(delayMs, onAge, { keepsAlive: false });
  }

  get #ageAgainMs(): number {
    return Math.min(AGE_AGAIN_MS, this.#options.maxAgeMs ?? AGE_AGAIN_MS);
  }

  /** Loads the replacement first; until it is ready the old one goes on. */
  #replace(member: MemberProcess, cause: 'rss' | 'age'): void {
    if (this.#places.prepareSpare(member) !== null) member.replaceCause = cause;
  }

  #recycle(member: MemberProcess, cause: Recycling): void {
    if (member.state !== 'ready') return;
    this.recycledCount++;
    const { maxTasksPerMember, maxAgeMs } = this.#options;
    const details = {
      tasks: `it has run ${String(maxTasksPerMember)} jobs`,
      rss: `it holds ${String(Math.round(member.rssKib))} KiB`,
      age: `it is older than ${String(maxAgeMs)} ms`,
    };
    this.retire(member, cause, details[cause]);
  }

  #finishIfDone(member: MemberProcess): void {
    if (member.state !== 'retiring' || member.takenSlots > 0) return;
    if (member.inFlight === 0) member.finish();
    // Its runs wait for other jobs, which may need its place.
    else if (this.#places.members.size >= this.#places.size + MAX_AWAY) return;
    this.#places.release(member);
  }
}
