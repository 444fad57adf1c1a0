/**
 * How many unsettled deliveries the worker may hold (WORK-20, WORK-21, WORK-24): the window of the settings, one more for
 * each request that is held until its ETA or waits for another one, none while the bodies in hand weigh too much. Says so
 * to the consumer once a turn and only when it changes. Host thread.
 */
import type { Settings } from '../settings/table.js';
import { isGreen } from './pool-kind.js';

/** AMQP's count is a short; beyond it Celery means no limit. */
const MAX_COUNT = 65_535;
/** No limit, as the port says it. */
const UNLIMITED = 0;
/** Less than what is unsettled already, so that nothing more comes. */
const CLOSED = 1;

export interface PrefetchOptions {
  readonly settings: Pick<
    Settings,
    | 'workerPrefetchMultiplier'
    | 'workerPrefetchMaxBytes'
    | 'workerDisablePrefetch'
    | 'workerAsyncPerMember'
    | 'workerPool'
  >;
  /** Members. */
  readonly concurrency: number;
  readonly onChange: (prefetchCount: number) => void;
}

export class PrefetchWindow {
  readonly #options: PrefetchOptions;
  #concurrency: number;
  #raised = 0;
  /** Those for whom it is raised by one → how often they have asked. */
  readonly #raisedFor = new Map<object, number>();
  #bytes = 0;
  #told: number;
  #isScheduled = false;

  constructor(options: PrefetchOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency;
    this.#told = this.count;
  }

  /** What the consumer is to be told now. */
  get count(): number {
    const { settings } = this.#options;
    if (this.#bytes > settings.workerPrefetchMaxBytes) return CLOSED;
    const base = this.base;
    if (base === UNLIMITED) return UNLIMITED;
    const count = base + this.#raised;
    return count > MAX_COUNT ? UNLIMITED : count;
  }

  /** The window without what is held; 0 is no limit. */
  get base(): number {
    const { settings } = this.#options;
    // As many as run at once: Celery's concurrency of a pool of greenlets counts those, too.
    const runs = this.#concurrency * (isGreen(settings.workerPool) ? 1 : settings.workerAsyncPerMember);
    return settings.workerDisablePrefetch ? runs : settings.workerPrefetchMultiplier * runs;
  }

  /** Bytes of the bodies in hand. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The pool has another size (WORK-99). */
  resize(concurrency: number): void {
    this.#concurrency = concurrency;
    this.#changed();
  }

  /** A held request no longer counts. */
  raise(): void {
    this.#raised++;
    this.#changed();
  }

  lower(): void {
    this.#raised--;
    this.#changed();
  }

  /** The owner waits for others, which must be able to come (BUG-26): one more until `lowerFor` was called as often. */
  raiseFor(owner: object): void {
    const count = this.#raisedFor.get(owner) ?? 0;
    this.#raisedFor.set(owner, count + 1);
    if (count === 0) this.raise();
  }

  lowerFor(owner: object): void {
    const count = this.#raisedFor.get(owner);
    if (count === undefined) return;
    if (count === 1) this.forget(owner);
    else this.#raisedFor.set(owner, count - 1);
  }

  /** The owner has ended, whatever it had asked for. */
  forget(owner: object): void {
    if (this.#raisedFor.size > 0 && this.#raisedFor.delete(owner)) this.lower();
  }

  /** A body has come, or (negative) gone. */
  weigh(bytes: number): void {
    const { workerPrefetchMaxBytes: max } = this.#options.settings;
    const wasOver = this.#bytes > max;
    this.#bytes += bytes;
    if (this.#bytes > max !== wasOver) this.#changed();
  }

  #changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#tell);
  }

  readonly #tell = (): void => {
    this.#isScheduled = false;
    const { count } = this;
    if (count === this.#told) return;
    this.#told = count;
    this.#options.onChange(count);
  };
}
