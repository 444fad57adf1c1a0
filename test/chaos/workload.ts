/**
 * What each task of a chaos run does and what must come of it, by its number and the seed alone: producer, task body and
 * checker ask here, so none of them can talk another one round.
 */
import { hashOf, LedgerOutcome } from '../support/ledger-record.js';
import type { Expected } from './ledger-checker.js';
import { SplitMix64 } from './splitmix64.js';

/** One cycle: 5% fail, 5% are rejected, 10% are retried, 10% have children, 5% have an ETA. Any burst of 20 has them all. */
const CYCLE = [
  ...['plain', 'plain', 'fails', 'plain', 'retries', 'plain', 'parent', 'plain', 'plain', 'eta'],
  ...['plain', 'plain', 'rejected', 'plain', 'parent', 'plain', 'retries', 'plain', 'plain', 'plain'],
] as const;
export type TaskKind = (typeof CYCLE)[number] | 'child';

export interface TaskSpec {
  readonly kind: TaskKind;
  /** Time that the body takes, ms. */
  readonly busyMs: number;
  readonly isAsync: boolean;
  /** Runs before the last one that end in a retry. */
  readonly retries: number;
  readonly countdownSeconds: number;
  readonly value: number;
}

/** Children of task n are CHILDREN + 2n and CHILDREN + 2n + 1. */
const CHILDREN = 1_000_000;

export function childrenOf(taskNo: number): readonly [number, number] {
  return [CHILDREN + 2 * taskNo, CHILDREN + 2 * taskNo + 1];
}

export function specOf(seed: number, taskNo: number): TaskSpec {
  const random = new SplitMix64((BigInt(seed) << 32n) ^ BigInt(taskNo));
  const kind = taskNo >= CHILDREN ? 'child' : (CYCLE[taskNo % CYCLE.length] ?? 'plain');
  return {
    kind,
    busyMs: random.below(16),
    isAsync: random.below(3) === 0,
    retries: kind === 'retries' ? 1 + random.below(2) : 0,
    countdownSeconds: kind === 'eta' ? (100 + random.below(1_000)) / 1_000 : 0,
    value: random.below(1_000_000),
  };
}

/** A UUID of the run's own, so that the result of a publish that nobody confirmed can be asked for, too. */
export function taskIdOf(seed: number, taskNo: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${hex(seed >>> 0, 8)}-c4a0-4000-8000-${hex(taskNo, 12)}`;
}

export function expectedOf(seed: number, taskNo: number): Expected {
  const { kind, value } = specOf(seed, taskNo);
  if (kind === 'fails' || kind === 'rejected') return { outcome: LedgerOutcome.FAILURE, valueHash: 0 };
  return { outcome: LedgerOutcome.OK, valueHash: hashOf(String(value)) };
}
