/**
 * How long runs take, and with it how many jobs a lane takes at once: about `LANE_WORK_MS` of work, so that a member never
 * waits for the host while runs are short, and one by one while they are long. Host thread.
 *
 * The mean is a geometric one. Run times of one pool differ by factors of thousands, and with an arithmetic mean one run
 * of 50 ms among a thousand of 10 µs would empty the lanes for dozens of batches; which run is the long one nobody knows
 * beforehand, so lanes stay as deep as the usual run allows and a long run's lane is emptied by recall (dispatcher.ts).
 */

/** A lane holds about this much work. Long enough to cover a garbage collection of the host. */
const LANE_WORK_MS = 8;
const MAX_DEPTH = 1024;
/** Up to this run time a second job lies ready: a member without one waits for two wake-ups, up to 0.3 ms, after each run. */
const READY_RUN_MS = 30;
/** Before anything has been measured. */
const FIRST_DEPTH = 64;
/** Weight of the newest measure. */
const NEW_WEIGHT = 0.25;
const LEAST_RUN_MS = 1e-4;
const PATIENCE_RUNS = 1.5;
/** Outcomes may lie unread for this share of the time that jobs wait in their lanes anyway. */
const RESTING_SHARE = 1 / 3;
const MAX_REST_MS = 2;

export class RunTime {
  readonly #fixedDepth: number | null;
  #runMs: number | null = null;
  #depth: number;

  /** @param fixedDepth depth that does not adapt; null adapts it */
  constructor(fixedDepth: number | null) {
    this.#fixedDepth = fixedDepth;
    this.#depth = fixedDepth ?? FIRST_DEPTH;
  }

  /** Jobs that a lane takes now. */
  get depth(): number {
    return this.#depth;
  }

  /**
   * Time between two looks for members that do not get on, ms: what waits behind a run that both have seen is taken back.
   * Longer than the usual run, or the job that lies ready would be taken back from behind each.
   */
  get patienceMs(): number {
    const usualMs = Math.min(this.#runMs ?? 0, READY_RUN_MS);
    return Math.max(LANE_WORK_MS, usualMs * PATIENCE_RUNS);
  }

  /** How long outcomes may lie unread while each lane has so many jobs before it, whole ms; 0 for not at all. */
  restMs(waitingJobs: number): number {
    const runMs = this.#runMs ?? 0;
    const restMs = Math.min(MAX_REST_MS, Math.floor(waitingJobs * runMs * RESTING_SHARE));
    // A rest in which no lane ends a run would be a wake-up more, not less.
    return restMs >= runMs ? restMs : 0;
  }

  /** Runs that ended: their number and the time they took together. */
  learn(runs: number, busyUs: number): void {
    if (runs <= 0 || busyUs < 0) return;
    const runMs = Math.max(busyUs / runs / 1000, LEAST_RUN_MS);
    this.#set(this.#runMs === null ? runMs : this.#runMs ** (1 - NEW_WEIGHT) * runMs ** NEW_WEIGHT);
  }

  /** Jobs had to be taken back from behind a run: the next lanes are not filled deep again before short runs have ended. */
  learnOfStall(): void {
    this.#set(Math.max(this.#runMs ?? 0, LANE_WORK_MS));
    if (this.#fixedDepth === null) this.#depth = 1;
  }

  #set(runMs: number): void {
    this.#runMs = runMs;
    if (this.#fixedDepth !== null) return;
    const leastDepth = runMs <= READY_RUN_MS ? 2 : 1;
    this.#depth = Math.max(leastDepth, Math.min(MAX_DEPTH, Math.floor(LANE_WORK_MS / runMs)));
  }
}
