/**
 * How many members a worker should have (WORK-96 to 98): as many as there are requests in hand, between a least and a
 * greatest number. It grows at once, and gives members up when fewer would have done for the keep-alive time, whether it
 * has grown before or not (BUG-06). It only says a number; who leaves and when is the pool's business. Host thread.
 */
import type { Clock, TimerHandle } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';

/** With a keep-alive of nothing it would look without a pause. */
const LEAST_PERIOD_MS = 100;

export interface AutoscaleRange {
  readonly max: number;
  /** A pool keeps one member even where this is 0. */
  readonly min: number;
}

export interface AutoscalerInfo extends AutoscaleRange {
  /** Members that there are. */
  readonly current: number;
  /** Requests that wait or run. */
  readonly qty: number;
}

/** What the class of `workerAutoscaler` is created with. */
export interface AutoscalerOptions {
  readonly range: AutoscaleRange;
  readonly keepaliveMs: number;
  readonly clock: Clock;
  /** Requests that one member runs at a time. */
  readonly perMember: number;
  /** Requests that wait or run. */
  readonly reserved: () => number;
  /** Members that there are. */
  readonly size: () => number;
  readonly resize: (size: number) => void;
}

/** What a class of one's own has to have; most of them extend `Autoscaler` and override `wanted`. */
export interface Autoscaling {
  /** Called with every batch of messages. */
  maybeScale(): void;
  /** Another range; answers the whole of it. */
  update(range: Partial<AutoscaleRange>): AutoscaleRange;
  info(): AutoscalerInfo;
  close(): void;
}

export class Autoscaler implements Autoscaling {
  protected readonly options: AutoscalerOptions;
  #range: AutoscaleRange;
  /** When as many members as there are were last needed. */
  #neededMonoMs: number;
  #timer: TimerHandle | null = null;
  #isClosed = false;

  constructor(options: AutoscalerOptions) {
    this.options = options;
    this.#range = checkRange(options.range);
    this.#neededMonoMs = options.clock.nowMonoMs();
    this.#lookLater();
  }

  maybeScale(): void {
    if (this.#isClosed) return;
    const { clock, keepaliveMs, size, resize } = this.options;
    const nowMs = clock.nowMonoMs();
    const wanted = this.#within(this.wanted());
    if (wanted >= size()) this.#neededMonoMs = nowMs;
    if (wanted > size() || (wanted < size() && nowMs - this.#neededMonoMs >= keepaliveMs)) resize(wanted);
    this.#lookLater();
  }

  /** New bounds hold at once. @throws ConfigError for bounds that make no sense */
  update(range: Partial<AutoscaleRange>): AutoscaleRange {
    const { size, resize } = this.options;
    const { max = this.#range.max, min = this.#range.min } = range;
    this.#range = checkRange({ max, min });
    const within = this.#within(size());
    if (within !== size()) resize(within);
    this.#neededMonoMs = this.options.clock.nowMonoMs();
    this.#lookLater();
    return this.#range;
  }

  info(): AutoscalerInfo {
    return { ...this.#range, current: this.options.size(), qty: this.options.reserved() };
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Members for what there is to do, before the bounds. */
  protected wanted(): number {
    const { reserved, perMember } = this.options;
    return Math.ceil(reserved() / perMember);
  }

  #within(count: number): number {
    const { max, min } = this.#range;
    return Math.max(1, min, Math.min(count, max));
  }

  /** Only while there are members to give up: an idle worker has no timer. */
  #lookLater(): void {
    const { clock, keepaliveMs, size } = this.options;
    if (this.#timer !== null || size() <= this.#within(0)) return;
    this.#timer = clock.after(
      Math.max(LEAST_PERIOD_MS, keepaliveMs),
      () => {
        this.#timer = null;
        this.maybeScale();
      },
      { keepsAlive: false },
    );
  }
}

function checkRange({ max, min }: AutoscaleRange): AutoscaleRange {
  const isWhole = Number.isInteger(max) && Number.isInteger(min);
  if (isWhole && min >= 0 && max >= 1 && min <= max) return { max, min };
  throw new ConfigError(`a worker cannot scale between ${String(min)} and ${String(max)} members`);
}
