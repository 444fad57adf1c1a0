/**
 * Calls user code so that it can be interrupted from outside: the soft limit of a synchronous loop that never looks at its
 * signal (design §5). V8 ends the code where it stands; no `catch` and no `finally` of it runs. So only user code is
 * called under it, and the member that was struck runs what it has begun and nothing new. Costs a thread per call, 100 to
 * 500 µs: jobs without a soft limit never come here, nor do functions that were seen to look at their signal. One a
 * member, in its thread; kinds of pool share it.
 */
import { Script } from 'node:vm';
import type { Clock } from '../core/kernel/clock.js';
import { PoolError, SoftTimeLimitExceeded } from '../core/kernel/errors.js';
import { AsyncStackCheck, unwindAsyncStack } from './async-stack.js';

/** A script sees globals only; the symbol keeps the name out of everybody's way. */
const ENTRY = Symbol.for('celeriac.guarded');
const TIMED_OUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** A loop that polls its signal gets at most this long to end by itself. */
const MAX_GRACE_MS = 500;

/** How long after the soft limit a run is interrupted: half of what is left to the hard limit, and no more than 500 ms. */
export function graceMs(softTimeLimitMs: number, timeLimitMs: number | null): number {
  if (timeLimitMs === null) return MAX_GRACE_MS;
  return Math.min(MAX_GRACE_MS, Math.max(0, (timeLimitMs - softTimeLimitMs) / 2));
}

export class Guard {
  readonly #clock: Clock;
  readonly #onStrike: () => void;
  readonly #onBroken: (error: Error) => void;
  /** Functions that were seen to read their signal: they end by themselves, and need not pay. */
  readonly #readers = new WeakSet();
  #script: Script | null = null;
  #check: AsyncStackCheck | null = null;
  #call: (() => unknown) | null = null;
  #hasThrown = false;
  #value: unknown = null;
  #hasStruck = false;

  /**
   * @param on.strike user code was interrupted, and with it maybe our own that it had called: repair it, tell the host
   * @param on.broken nothing more may run in this thread; does not return
   */
  constructor(clock: Clock, on: { readonly strike: () => void; readonly broken: (error: Error) => void }) {
    this.#clock = clock;
    this.#onStrike = on.strike;
    this.#onBroken = on.broken;
  }

  /** Code was interrupted here: its `finally` blocks did not run, so nothing new shall. */
  get hasStruck(): boolean {
    return this.#hasStruck;
  }

  isReader(owner: object): boolean {
    return this.#readers.has(owner);
  }

  noteReader(owner: object): void {
    this.#readers.add(owner);
  }

  /**
   * Calls `call`; only its synchronous part is guarded.
   * @param limits.strikeAtMs monotonic; a moment that has passed means: almost at once
   * @throws what it throws; SoftTimeLimitExceeded when it was interrupted.
   */
  run<T>(call: () => T, limits: { readonly strikeAtMs: number; readonly softLimitSeconds: number }): T {
    const timeoutMs = Math.ceil(limits.strikeAtMs - this.#clock.nowMonoMs());
    // Not reentrant, and need not be: user code cannot start another job of its member.
    this.#call = call;
    const isStruck = this.#callWithin(Math.min(Math.max(1, timeoutMs), MAX_TIMEOUT_MS));
    const value = this.#value;
    this.#value = null;
    if (isStruck) {
      const error = new SoftTimeLimitExceeded(limits.softLimitSeconds);
      this.#struck(error);
      throw error;
    }
    if (this.#hasThrown) throw value;
    return value as T;
  }

  /** Answers whether it was interrupted; that counts even if it has returned: a callback in it may have been cut off. */
  #callWithin(timeoutMs: number): boolean {
    const script = (this.#script ??= this.#prepare());
    try {
      script.runInThisContext({ timeout: timeoutMs, displayErrors: false });
      return false;
    } catch (error) {
      // What the call throws does not come this way.
      if ((error as { code?: unknown } | null)?.code === TIMED_OUT) return true;
      throw error;
    }
  }

  #prepare(): Script {
    this.#check = new AsyncStackCheck();
    Object.defineProperty(globalThis, ENTRY, { value: this.#enter, configurable: true });
    return new Script(`globalThis[Symbol.for('${String(Symbol.keyFor(ENTRY))}')]()`, { filename: 'celeriac:guard' });
  }

  readonly #enter = (): void => {
    const call = this.#call as () => unknown;
    this.#call = null;
    this.#check?.suspend();
    try {
      this.#value = call();
      this.#hasThrown = false;
    } catch (error) {
      this.#value = error;
      this.#hasThrown = true;
    }
    this.#check?.resume();
  };

  #struck(error: Error): void {
    this.#hasStruck = true;
    if (!unwindAsyncStack(error)) this.#onBroken(new PoolError('this Node cannot go on after an interrupted run'));
    this.#onStrike();
  }
}
