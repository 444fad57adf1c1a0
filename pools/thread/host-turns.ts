/**
 * When the host looks at its lanes. A bell starts a pass over all of them; passes follow each other, one a turn of the
 * event loop, until one finds nothing: then the host parks and wants a bell again. So one bell starts a whole run of
 * batches under load, and an idle host sleeps. While a single job is in flight, whose caller sends one after the other, it
 * stays awake for some passes more where that has paid (short-wait.ts). While members have work for milliseconds it does
 * not run after each outcome but *dozes*: it looks by a timer, and only what cannot wait rings. A wake-up costs 30 µs of
 * CPU, which one task of 100 µs would have to pay alone (decision 0023). While jobs are in flight a timer looks, and rings, should a
 * bell have been lost.
 */
import { MessageChannel } from 'node:worker_threads';
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { ShortWait } from './short-wait.js';

/**
 * G8. A look costs the host two empty drains and each member that is not computing one bell: some 25 µs, 20 times a
 * second, and only while jobs are in flight.
 */
const RECHECK_MS = 50;
/** Passes for which the host waits awake: some 100 µs, in which sockets and timers have their turns. */
const WAIT_PASSES = 60;

export interface TurnSteps {
  /** Reads what every member has sent; answers how much there was. */
  readonly drain: () => number;
  /** Asks every member for a bell. What came in before that is still to be drained. */
  readonly park: () => void;
  /** Asks every member for a bell only for what cannot wait. What came in before that is still to be drained. */
  readonly doze: () => void;
  /** How long outcomes may lie unread now, ms; 0 for not at all. */
  readonly restMs: () => number;
  /** Exactly one job is in flight. */
  readonly isAlone: () => boolean;
  /** Posts a bell to every member that has work and does not compute, parked or not. */
  readonly nudge: () => void;
}

/** What a pass without a result is worth; `seen` records have been drained. */
export type StayAwake = (seen: number) => boolean;

/** One pass over all lanes; answers whether another must follow. If not, every lane is parked, and a bell will come. */
export function passOver(
  { drain, park }: Pick<TurnSteps, 'drain' | 'park'>,
  staysAwake: StayAwake = (seen) => seen > 0,
): boolean {
  if (staysAwake(drain())) return true;
  park();
  // Dekker: parked is stored, so whatever was published before it must be looked for once more.
  return drain() > 0;
}

/** After a pass that another should follow; answers whether it must. If not, every lane is told, and only what waits rings. */
export function dozeOver({ drain, doze }: Pick<TurnSteps, 'drain' | 'doze'>): boolean {
  doze();
  // As after parking. What came in was waited for, so the timer may be too late: lanes have ended.
  return drain() > 0;
}

export class HostTurns {
  readonly #steps: TurnSteps;
  readonly #clock: Clock;
  #isScheduled = false;
  readonly #shortWait = new ShortWait();
  /** Passes left of the wait under way; 0 when none is. */
  #passesLeft = 0;
  #isBusy = false;
  #recheck: TimerHandle | null = null;
  /** It dozes until then. */
  #dozing: TimerHandle | null = null;
  /** A handle that keeps the process alive while referenced: cheaper to switch than a timer (0.1 µs). */
  readonly #keepAlive = new MessageChannel();

  constructor(steps: TurnSteps, clock: Clock) {
    this.#steps = steps;
    this.#clock = clock;
    this.#keepAlive.port1.unref();
    this.#keepAlive.port2.unref();
  }

  /** A bell, or another reason to look. */
  readonly wake = (): void => {
    if (!this.#isScheduled) this.#pass();
  };

  /** Jobs are in flight: the process stays alive, and a lost bell delays by 50 ms at most. */
  setBusy(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    if (isBusy) {
      this.#keepAlive.port1.ref();
      this.#recheck ??= this.#armRecheck();
    } else this.#keepAlive.port1.unref();
  }

  close(): void {
    this.#isBusy = false;
    this.#recheck?.cancel();
    this.#recheck = null;
    this.#endDoze();
    this.#keepAlive.port1.close();
  }

  readonly #pass = (): void => {
    this.#isScheduled = false;
    this.#endDoze();
    if (!passOver(this.#steps, this.#staysAwake)) return;
    const restMs = this.#steps.restMs();
    if (restMs > 0 && this.#isBusy) this.#doze(restMs);
    else this.#goOn();
  };

  #goOn(): void {
    this.#isScheduled = true;
    setImmediate(this.#pass);
  }

  #doze(restMs: number): void {
    // Of a short wait that was under way, nothing is known.
    this.#passesLeft = 0;
    if (dozeOver(this.#steps)) this.#goOn();
    else this.#dozing = this.#clock.after(restMs, this.#pass, { keepsAlive: false });
  }

  #endDoze(): void {
    this.#dozing?.cancel();
    this.#dozing = null;
  }

  readonly #staysAwake = (seen: number): boolean => {
    const isWaiting = this.#passesLeft > 0;
    if (seen > 0) {
      if (isWaiting) this.#shortWait.paid();
      this.#passesLeft = 0;
      return true;
    }
    if (!isWaiting) return this.#steps.isAlone() && this.#beginsWait();
    if (--this.#passesLeft > 0) return true;
    this.#shortWait.failed();
    return false;
  };

  #beginsWait(): boolean {
    if (!this.#shortWait.begins()) return false;
    this.#passesLeft = WAIT_PASSES;
    return true;
  }

  #armRecheck(): TimerHandle {
    const look = (): void => {
      this.#recheck = this.#isBusy ? this.#armRecheck() : null;
      this.#steps.nudge();
      this.wake();
    };
    return this.#clock.after(RECHECK_MS, look, { keepsAlive: false });
  }
}
