/**
 * What the pools are compared by. A case of the group is a file bench/cases/pools/<name>.ts that exports a workload and
 * `benchCase = comparePools(workload)`. A session is one contender's pool at that work, in a process of
 * its own (session-process.ts loads the workload by the case's name), so that no other pool's threads, heap or
 * optimized code are there.
 */
import type { Metric } from '../harness/bench-case.js';
import type { Ability, Contender, PoolMaker } from './contender.js';

/** Figures by the rows' names. A row without a figure says so by its absence. */
export type Readings = Readonly<Record<string, number>>;

export interface Session {
  /** Does the work once and checks it. */
  sample(): Promise<Readings>;
  close(): Promise<void>;
}

/** One line of the table. */
export interface PoolRow {
  /** Name of its reading. */
  readonly name: string;
  readonly metric: Metric;
  /** How many times better than the best peer we want to be. @defaultValue no goal */
  readonly goalRatio?: number;
  /** What our own figure has to reach. @defaultValue no goal */
  readonly goal?: number;
}

export interface SessionOptions {
  readonly contender: Contender;
  readonly createPool: PoolMaker;
  /** `full`, or `quick` in quick mode. */
  readonly size: (full: number, quick: number) => number;
}

export interface PoolWorkload {
  /** The case's name. */
  readonly name: string;
  readonly question: string;
  readonly topology: string;
  readonly rows: readonly PoolRow[];
  /** Without it a contender does not take part. */
  readonly needs?: Ability;
  /** Each sample starts from nothing, so there is nothing to warm. @defaultValue false */
  readonly isCold?: boolean;
  open(options: SessionOptions): Promise<Session>;
}

/** Threads of every pool. */
export const THREADS = 2;
