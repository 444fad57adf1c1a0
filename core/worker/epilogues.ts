/**
 * Ends that the host has decided (lost, over the hard limit, delivered too often) on their way through another member,
 * which runs hooks, signals and errbacks, and gives back the failure document and the messages that follow (design §1.4;
 * ACK-03, WORK-42, TASK-54). Every such end goes there: they are rare, and only a member can see in the body whether
 * there are errbacks. `intake.ts` starts and feeds them; host thread.
 *
 * Once for each request, whose state is `settling` from its end on. A hook that kills its member or outstays its time
 * has had its chance: the request then ends as the host had decided, without it. So it does when there is nobody to run
 * hooks any more, because no member can be loaded: its state must not stay unknown for ever.
 */
import type { Clock } from '../kernel/clock.js';
import { Fifo } from '../kernel/fifo.js';
import { TurnBatch } from '../kernel/turn-batch.js';
import type { Pool, PoolJob } from '../ports/pool.js';
import { encodeEpilogue, type HostError } from '../task/epilogue.js';
import { decodeOutcome, type OutcomeKind } from '../task/outcome-record.js';
import { AbsenceWatch } from './absence-watch.js';
import type { Judge } from './judge.js';
import type { Request } from './request.js';
import type { TaskLog } from './task-log.js';
import type { Verdict } from './verdict.js';

/**
 * Longest time for the hooks and errbacks of one task, ms. Celery runs them in the parent, without limit; here they hold
 * a member. Not the limit of the task: one of 100 ms would leave no time to store what has become of it.
 */
const LIMIT_MS = 30_000;
/**
 * Time without any member after which hooks are given up, ms, beside the time that one may take to load: the delay between
 * two attempts of a place that fails, so one at least has been made. While members are there and busy there is no such
 * limit: they come to it.
 */
const ABSENCE_MS = 30_000;

/** A request that has ended for good without a word of its member. */
export interface Ended {
  readonly request: Request;
  readonly error: HostError;
  /** What becomes of it if no member can tell more. */
  readonly decided: Verdict;
}

export interface EpiloguesOptions {
  readonly pool: Pool;
  readonly judge: Judge;
  readonly log: TaskLog;
  readonly clock: Clock;
  /** Time in which a member has to load, ms. */
  readonly loadMs: number;
  /** Carries out what has become of a request: called once for each. */
  readonly onVerdict: (request: Request, verdict: Verdict) => void;
}

export class Epilogues {
  readonly #options: EpiloguesOptions;
  /** Those without an end. */
  readonly #open = new Set<Epilogue>();
  /** Those among them that the pool has not taken, oldest first. */
  readonly #waiting = new Fifo<Epilogue>();
  readonly #absence: AbsenceWatch;
  /** The pool is in the middle of telling of an end when it comes: it gets new work when it has finished. */
  readonly #turn = new TurnBatch<Epilogue>((epilogues) => {
    for (const one of epilogues) this.#waiting.push(one);
    this.feed();
  });
  #isClosed = false;

  constructor(options: EpiloguesOptions) {
    this.#options = options;
    const { pool, clock, loadMs } = options;
    const afterMs = ABSENCE_MS + loadMs;
    this.#absence = new AbsenceWatch({
      pool,
      clock,
      afterMs,
      onAbsence: () => {
        this.#skipUnstarted(`no member could be loaded for ${String(afterMs / 1_000)} s`);
      },
    });
  }

  start(ended: Ended): void {
    const { log } = this.#options;
    const { request, decided } = ended;
    const one: Epilogue = new Epilogue(ended, {
      onOutcome: (outcome, payload) => {
        const told = { outcome, parts: decodeOutcome(payload) };
        this.#end(one, this.#options.judge.judgeEpilogue(request, told, decided.disposal));
      },
      onFailure: ({ message }) => {
        log.epilogueFailed(request.message, message);
        this.#end(one, decided);
      },
    });
    this.#open.add(one);
    this.#absence.start();
    this.#turn.push(one);
  }

  /** Hands waiting ones to the pool until it has no room; also called by the pool's `onRoom`. */
  feed(): void {
    for (let one = this.#waiting.peek(); one !== undefined; one = this.#waiting.peek()) {
      if (this.#isClosed) this.#skip(one, 'the worker stopped');
      else if (!this.#options.pool.submit(one)) return;
      this.#waiting.shift();
    }
  }

  /** The pool is closed: what waits, and what may still come, ends as the host has decided. */
  close(): void {
    this.#isClosed = true;
    this.#absence.stop();
    this.feed();
  }

  /** What a member has may yet end; its own limit bounds that. */
  #skipUnstarted(why: string): void {
    const { pool } = this.#options;
    const waiting = new Set(this.#waiting.takeAll());
    for (const one of [...this.#open]) if (waiting.has(one) || pool.recall(one)) this.#skip(one, why);
  }

  #skip(one: Epilogue, why: string): void {
    const { request, decided } = one.ended;
    this.#options.log.epilogueSkipped(request.message, why);
    this.#end(one, decided);
  }

  /** Once, whatever a pool tells later of one that was given up. */
  #end(one: Epilogue, decided: Verdict): void {
    if (!this.#open.delete(one)) return;
    if (this.#open.size === 0) this.#absence.stop();
    this.#options.onVerdict(one.ended.request, decided);
  }
}

interface EpilogueListener {
  onOutcome(outcome: OutcomeKind, payload: Uint8Array): void;
  onFailure(error: Error): void;
}

/** Runs the hooks and errbacks of a task that ended without its member. */
export class Epilogue implements PoolJob {
  readonly ended: Ended;
  readonly timeLimitMs = LIMIT_MS;
  readonly softTimeLimitMs = null;
  readonly wantsAccepted = false;
  readonly #listener: EpilogueListener;

  constructor(ended: Ended, listener: EpilogueListener) {
    this.ended = ended;
    this.#listener = listener;
  }

  get head(): string {
    const { request, error } = this.ended;
    return encodeEpilogue(error, request.head);
  }

  get body(): Uint8Array {
    return this.ended.request.body;
  }

  onAccepted(): void {
    // Nobody is told of its start.
  }

  onOutcome(kind: number, payload: Uint8Array): void {
    this.#listener.onOutcome(kind as OutcomeKind, payload);
  }

  onLost(error: Error): void {
    this.#listener.onFailure(error);
  }

  onTimeLimit(error: Error): void {
    this.#listener.onFailure(error);
  }

  onTerminated(error: Error): void {
    this.#listener.onFailure(error);
  }
}
