/**
 * One member's shared memory: a status block and four rings in one SharedArrayBuffer, made by the host anew for every
 * thread (epoch) and never repaired (G12).
 *
 *     │ status │ tasks → member │ replies → member │ outcomes → host │ calls → host │
 *
 * Four rings, not two: a full task ring must not hold up the reply that the running task awaits, and outcomes must not
 * wait behind publishes while a broker is blocked.
 */
import { ringBytes, ringLayout, type RingLayout } from '../ring/layout.js';
import { STATUS_BYTES } from '../ring/status-block.js';

/** Capacities in bytes, powers of two. Sent to the member, which computes the same layout. */
export interface LaneSizes {
  readonly tasksBytes: number;
  readonly repliesBytes: number;
  readonly outcomesBytes: number;
  readonly callsBytes: number;
  /** Asynchronous runs that a member holds at once. */
  readonly slotCount: number;
  /** Records are claimed, so that the host can take them back; false only to measure what that costs (bench/). */
  readonly canRecall: boolean;
}

export interface LaneLayout {
  readonly totalBytes: number;
  readonly statusByte: number;
  readonly tasks: RingLayout;
  readonly replies: RingLayout;
  readonly outcomes: RingLayout;
  readonly calls: RingLayout;
}

/** 256 KiB takes a thousand tasks of Celery's usual size; untouched pages cost no memory. */
export const DEFAULT_LANE_SIZES: Omit<LaneSizes, 'slotCount'> = {
  tasksBytes: 256 * 1024,
  repliesBytes: 64 * 1024,
  outcomesBytes: 256 * 1024,
  callsBytes: 256 * 1024,
  canRecall: true,
};

/** @throws ConfigError for a capacity that is no power of two. */
export function laneLayout(sizes: LaneSizes): LaneLayout {
  let at = STATUS_BYTES;
  const place = (capacityBytes: number): RingLayout => {
    const layout = ringLayout(at, capacityBytes);
    at += ringBytes(capacityBytes);
    return layout;
  };
  const tasks = place(sizes.tasksBytes);
  const replies = place(sizes.repliesBytes);
  const outcomes = place(sizes.outcomesBytes);
  const calls = place(sizes.callsBytes);
  return { totalBytes: at, statusByte: 0, tasks, replies, outcomes, calls };
}
