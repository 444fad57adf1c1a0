/**
 * The size of a worker's pool while it runs: by command (`pool_grow`, `pool_shrink`, WORK-99) or by an autoscaler, never by
 * both. The prefetch window follows: by command with the members, under an autoscaler with its greatest number (WORK-97).
 * Host thread.
 */
import type { Clock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import type { Pool } from '../ports/pool.js';
import type { Settings } from '../settings/table.js';
import type { AutoscaleRange, AutoscalerInfo, Autoscaling } from './autoscaler.js';
import type { AutoscalerClass } from './custom-autoscaler.js';
import { autoscaleRangeOf, concurrencyOf } from './worker-options.js';

export interface PoolSizeOptions {
  readonly pool: Pick<Pool, 'resize'>;
  readonly window: { resize(concurrency: number): void };
  readonly settings: Settings;
  /** null: the size stays until somebody changes it. */
  readonly autoscaler: AutoscalerClass | null;
  /** Requests that wait or run. */
  readonly reserved: () => number;
  readonly clock: Clock;
}

export class PoolSize {
  readonly #options: PoolSizeOptions;
  readonly #autoscaler: Autoscaling | null;
  #size: number;

  /** @throws ConfigError for a range that makes no sense. */
  constructor(options: PoolSizeOptions) {
    const { settings, autoscaler: AutoscalerType, reserved, clock } = options;
    this.#options = options;
    this.#size = concurrencyOf(settings);
    const range = autoscaleRangeOf(settings);
    if (range === null || AutoscalerType === null) {
      this.#autoscaler = null;
      return;
    }
    this.#autoscaler = new AutoscalerType({
      range,
      keepaliveMs: settings.workerAutoscaleKeepaliveMs,
      clock,
      perMember: settings.workerAsyncPerMember,
      reserved,
      size: () => this.#size,
      resize: (size) => {
        this.#resize(size);
      },
    });
  }

  /** Members that there are to be. */
  get size(): number {
    return this.#size;
  }

  /** null without an autoscaler. */
  get autoscaler(): AutoscalerInfo | null {
    return this.#autoscaler?.info() ?? null;
  }

  /** Messages have come. */
  received(): void {
    this.#autoscaler?.maybeScale();
  }

  /** @throws ConfigError under an autoscaler, and for a size that no pool can have */
  grow(count: number): void {
    this.#change('pool_grow', count);
  }

  /** Members that lose their place end what they run. @throws ConfigError as `grow` */
  shrink(count: number): void {
    this.#change('pool_shrink', -count);
  }

  /** Answers the whole range. @throws ConfigError without an autoscaler, and for bounds that make no sense */
  autoscale(range: Partial<AutoscaleRange>): AutoscaleRange {
    if (this.#autoscaler === null) throw new ConfigError('Autoscale not enabled');
    const whole = this.#autoscaler.update(range);
    this.#options.window.resize(whole.max);
    return whole;
  }

  close(): void {
    this.#autoscaler?.close();
  }

  #change(command: string, count: number): void {
    if (this.#autoscaler !== null) {
      throw new ConfigError(`${command} is not supported with autoscale. Adjust autoscale range instead.`);
    }
    this.#resize(this.#size + count);
    this.#options.window.resize(this.#size);
  }

  #resize(size: number): void {
    this.#options.pool.resize(size);
    this.#size = size;
  }
}
