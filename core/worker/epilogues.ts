/**
 * Ends that the host has decided (lost, over the hard limit, delivered too often) on their way through another member,
 * which runs hooks, signals and errbacks, and gives back the failure document and the messages that follow (design §1.4;
 * ACK-03, WORK-42, TASK-54). Every such end goes there: they are rare, and only a member can see in the body whether
 * there are errbacks. `intake.ts` starts and feeds them; host thread.
 *
 * Once for each request, whose state is `settling` from its end on. A hook that kills its member or outstays its time
 * has had its chance: the request then ends as the host had decided, without it.
 */
import { Fifo } from '../kernel/fifo.js';
import { TurnBatch } from '../kernel/turn-batch.js';
import type { Pool, PoolJob } from '../ports/pool.js';
import { encodeEpilogue, type HostError } from '../task/epilogue.js';
import { decodeOutcome, type OutcomeKind } from '../task/outcome-record.js';
import type { Judge } from './judge.js';
import type { Request } from './request.js';
import type { TaskLog } from './task-log.js';
import type { Verdict } from './verdict.js';

/**
 * Longest time for the hooks and errbacks of one task, ms. Celery runs them in the parent, without limit; here they hold
 * a member. Not the limit of the task: one of 100 ms would leave no time to store what has become of it.
 */
const LIMIT_MS = 30_000;

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
  /** Carries out what has become of a request: called once for each. */
  readonly onVerdict: (request: Request, verdict: Verdict) => void;
}

export class Epilogues {
  readonly #options: EpiloguesOptions;
  readonly #waiting = new Fifo<Epilogue>();
  /** The pool is in the middle of telling of an end when it comes: it gets new work when it has finished. */
  readonly #turn = new TurnBatch<Epilogue>((epilogues) => {
    for (const one of epilogues) this.#waiting.push(one);
    this.feed();
  });
  #isClosed = false;

  constructor(options: EpiloguesOptions) {
    this.#options = options;
  }

  start(ended: Ended): void {
    this.#turn.push(
      new Epilogue(ended, {
        onOutcome: (outcome, payload) => {
          const { judge, onVerdict } = this.#options;
          const { request, decided } = ended;
          const told = { outcome, parts: decodeOutcome(payload) };
          onVerdict(request, judge.judgeEpilogue(request, told, decided.disposal));
        },
        onFailure: (error) => {
          this.#giveUp(ended, error.message);
        },
      }),
    );
  }

  /** Hands waiting ones to the pool until it has no room; also called by the pool's `onRoom`. */
  feed(): void {
    for (let one = this.#waiting.peek(); one !== undefined; one = this.#waiting.peek()) {
      if (this.#isClosed) this.#giveUp(one.ended, 'the worker stopped');
      else if (!this.#options.pool.submit(one)) return;
      this.#waiting.shift();
    }
  }

  /** The pool is closed: what waits, and what may still come, ends as the host has decided. */
  close(): void {
    this.#isClosed = true;
    this.feed();
  }

  #giveUp({ request, decided }: Ended, why: string): void {
    const { log, onVerdict } = this.#options;
    log.epilogueFailed(request.message, why);
    onVerdict(request, decided);
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
