/** The few statistics that a small, noisy machine allows: medians, their ratio, and the spread beside them. */
import type { Metric } from './bench-case.js';
import { ConfigError } from '../../core/kernel/errors.js';

/** The middle value; the mean of the two middle ones of an even number. @throws ConfigError for no samples. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined)
    throw new ConfigError('no samples: a side must be sampled at least once');
  return (lower + upper) / 2;
}

export interface Spread {
  readonly min: number;
  readonly max: number;
}

export function spread(samples: readonly number[]): Spread {
  return { min: Math.min(...samples), max: Math.max(...samples) };
}

/** How many times better `a` is than `b`: above 1 means that A wins, whichever way is better. */
export function advantage(metric: Metric, a: number, b: number): number {
  return metric.better === 'higher' ? a / b : b / a;
}
