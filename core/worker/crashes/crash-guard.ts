/**
 * What a supervised worker does so that a task that kills its process is found, and costs nobody else (reliability C2,
 * W8): it writes down what is given to members before they can start it, and lets tasks that were in the journal of a
 * dead process go to the pool one at a time. So whoever is blamed twice was twice the only suspect, and is the culprit
 * but for a coincidence. `intake.ts` asks it, a supervisor reads the journal and counts. Host thread.
 *
 *     taken up → admits? ──────────────→ waiting → submit: journal, then pool → leave
 *                  └─ held, while another suspect is out ─┘
 */
import type { Clock } from '../../kernel/clock.js';
import type { Fifo } from '../../kernel/fifo.js';
import type { Pool } from '../../ports/pool.js';
import type { Request } from '../request.js';
import { NO_SLOT, RunJournal } from './run-journal.js';

/**
 * The store counts every delivery to a process that died, also of what only waited there. Where the journal tells who may
 * have run, that count decides not before it is so many times the cap: deaths of which no supervisor knows are in it, too.
 */
const STORE_FACTOR = 4;

/** Requests that one write puts into the journal at most. */
const MAX_BATCH = 64;

export interface CrashGuardOptions {
  /** File of the journal; made anew. */
  readonly journal: string;
  /** Task id → processes that died while they may have run it. */
  readonly crashes: Iterable<readonly [id: string, count: number]>;
  /** A suspect has ended and its process lives. */
  readonly onCleared: (id: string) => void;
  /** The journal cannot be written; the worker goes on without. */
  readonly onError: (error: Error) => void;
  readonly clock: Clock;
}

/**
 * Option `guard` of `Worker.start`, for a program that looks after its workers itself: `readJournalFile` tells what a dead
 * one had, the next one is given the counts.
 * @experimental
 */
export class CrashGuard {
  readonly #options: CrashGuardOptions;
  readonly #journal: RunJournal;
  readonly #crashes: Map<string, number>;
  /** Suspects that wait for their turn. */
  readonly #held = new Set<Request>();
  /** The suspect whose turn it is. */
  #turn: Request | null = null;
  /** In the journal as running. */
  readonly #seen = new WeakSet<Request>();
  #batch = MAX_BATCH;
  /** The pool has refused one, and nothing has changed since: asking once more would cost two writes. */
  #isFull = false;
  #isFlushScheduled = false;

  /** @throws the error of the file system when the journal cannot be made */
  constructor(options: CrashGuardOptions) {
    this.#options = options;
    this.#journal = new RunJournal(options.journal);
    this.#crashes = new Map(options.crashes);
  }

  /** Processes that died while they may have run it. */
  crashesOf(id: string): number {
    return this.#crashes.size === 0 ? 0 : (this.#crashes.get(id) ?? 0);
  }

  /** By how many deaths or deliveries a request is beyond its cap; below 0 it may run. */
  excessOf({ message, delivery }: Request, cap: number): number {
    return Math.max(this.crashesOf(message.id) - cap, delivery.deliveryCount - STORE_FACTOR * cap);
  }

  /** Another process has died. */
  blame(crashes: Iterable<readonly [id: string, count: number]>): void {
    for (const [id, count] of crashes) this.#crashes.set(id, count);
  }

  /** Whether a request may wait for the pool now; a suspect is held while another one is out. */
  admits(request: Request): boolean {
    if (this.#crashes.size === 0 || !this.#crashes.has(request.message.id)) return true;
    if (this.#turn === null) {
      this.#turn = request;
      return true;
    }
    if (this.#turn === request) return true;
    this.#held.add(request);
    return false;
  }

  /** The suspect whose turn it is now, if it has not been told yet. */
  nextTurn(): Request | null {
    if (this.#turn !== null) return null;
    for (const request of this.#held) {
      this.#held.delete(request);
      this.#turn = request;
      return request;
    }
    return null;
  }

  /** Gives up a request that is held here; false when it is not. */
  remove(request: Request): boolean {
    return this.#held.delete(request);
  }

  /** Gives up everything that is held here. */
  takeAll(): readonly Request[] {
    const held = [...this.#held];
    this.#held.clear();
    return held;
  }

  /** As `pool.submit`, written down first. @param waiting what is about to follow, `request` first. */
  submit(request: Request, pool: Pool, waiting: Fifo<Request>): boolean {
    if (this.#isFull) return false;
    if (request.journalSlot === NO_SLOT) this.#enterNext(waiting);
    if (pool.submit(request)) {
      this.#batch = Math.min(MAX_BATCH, this.#batch + 1);
      return true;
    }
    this.#isFull = true;
    this.#withdraw(waiting);
    return false;
  }

  /** The pool has room again. */
  hasRoom(): void {
    this.#isFull = false;
  }

  /** It is about to be run otherwise than by `submit`. */
  enter(request: Request): void {
    this.#enter(request);
    this.#flush();
  }

  /** It runs nowhere any more. */
  leave(request: Request): void {
    if (request === this.#turn) this.#turn = null;
    if (request.journalSlot === NO_SLOT) return;
    this.#journal.leave(request.journalSlot);
    request.journalSlot = NO_SLOT;
    this.#isFull = false;
    if (this.#isFlushScheduled) return;
    // Once a turn of the event loop: a pool tells of many ends at a time.
    this.#isFlushScheduled = true;
    process.nextTick(this.#flushTurn);
  }

  /** Its run has ended and this process lives, or it has been given up. */
  clear(id: string): void {
    if (this.#crashes.size > 0 && this.#crashes.delete(id)) this.#options.onCleared(id);
  }

  /** Writes down which of these requests run now. To be called about once a second. */
  lookAround(requests: Iterable<Request>, pool: Pick<Pool, 'isRunning'>): void {
    for (const request of requests) {
      const slot = request.journalSlot;
      if (slot === NO_SLOT || this.#seen.has(request) || !pool.isRunning(request)) continue;
      this.#seen.add(request);
      this.#journal.run(slot, request.startedEpochMs ?? this.#options.clock.nowEpochMs());
    }
    this.#flush();
  }

  close(): void {
    this.#journal.close();
  }

  /** The next few in one write. A pool that refused some of them lately gets fewer. */
  #enterNext(waiting: Fifo<Request>): void {
    for (let i = 0; i < this.#batch; i++) {
      const request = waiting.peek(i);
      if (request === undefined) break;
      if (request.journalSlot === NO_SLOT) this.#enter(request);
    }
    this.#flush();
  }

  #enter(request: Request): void {
    const { id, task: name } = request.message;
    request.journalSlot = this.#journal.enter({ id, name, sinceEpochMs: this.#options.clock.nowEpochMs() });
  }

  /** What the pool has no room for is not in it. */
  #withdraw(waiting: Fifo<Request>): void {
    for (let i = 0; ; i++) {
      const request = waiting.peek(i);
      if (request === undefined || request.journalSlot === NO_SLOT) break;
      this.#journal.leave(request.journalSlot);
      request.journalSlot = NO_SLOT;
    }
    this.#batch = Math.max(1, this.#batch >> 1);
    this.#flush();
  }

  readonly #flushTurn = (): void => {
    this.#isFlushScheduled = false;
    this.#flush();
  };

  #flush(): void {
    try {
      this.#journal.flush();
    } catch (error) {
      this.#journal.close();
      this.#options.onError(error as Error);
    }
  }
}
