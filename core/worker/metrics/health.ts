/**
 * The answers to the three questions that whoever runs a worker asks: has it started, is it alive, can it do work. Each is
 * yes only with the ages of what it depends on. Host thread.
 */
import type { Clock } from '../../kernel/clock.js';
import type { Pool } from '../../ports/pool.js';
import type { WorkerState } from '../worker-state.js';
import type { VitalSigns } from './vital-signs.js';

export interface Health {
  /** Every member has been READY and every queue consumed once. */
  readonly isStarted: boolean;
  /** It has not ended and holds no more stuck threads than it has members: beyond that only a new process helps. */
  readonly isAlive: boolean;
  /** It consumes, its broker and store answer, and a member can run tasks. */
  readonly isReady: boolean;
  readonly state: WorkerState;
  readonly uptimeMs: number;
  /** Since the broker's last answer on the way of deliveries; null while nothing is consumed. */
  readonly claimAgeMs: number | null;
  /** Since the store's last answer; null without a store. */
  readonly backendAgeMs: number | null;
  readonly readyMembers: number;
  readonly stuckThreads: number;
}

export interface HealthSources {
  readonly state: WorkerState;
  readonly parts: { readonly pool: Pool | null; readonly vitals: VitalSigns };
  readonly startedMonoMs: number;
  readonly clock: Clock;
}

/** Asks the store if it has not been heard of lately; answers within two seconds. */
export async function healthOf({ state, parts, startedMonoMs, clock }: HealthSources): Promise<Health> {
  const { pool, vitals } = parts;
  const answersBackend = await vitals.answersBackend();
  const snapshot = pool?.snapshot();
  const readyMembers = snapshot?.members.filter((member) => member.state === 'ready').length ?? 0;
  const stuckThreads = snapshot?.stuckThreads ?? 0;
  const isStarted = state !== 'starting';
  return {
    isStarted,
    isAlive: state !== 'closed' && stuckThreads <= (snapshot?.size ?? 0),
    isReady: state === 'ready' && readyMembers > 0 && vitals.isClaiming && answersBackend,
    state,
    uptimeMs: clock.nowMonoMs() - startedMonoMs,
    claimAgeMs: vitals.claimAgeMs,
    backendAgeMs: vitals.backendAgeMs,
    readyMembers,
    stuckThreads,
  };
}
