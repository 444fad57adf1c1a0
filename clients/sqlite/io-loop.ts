/**
 * The I/O thread's loop: gathers every request that has arrived, runs them in one transaction, then answers all of them
 * (group commit: one fsync for whatever came meanwhile). Sleeps in the event loop; wakes for requests, bells, the next
 * due message, and once a second while somebody consumes or watches, which bounds the price of a lost bell and finds
 * dead consumers. An idle process without consumers and watches has no timer at all.
 */
import { Bell } from './bell.js';
import { Database, isWrite, type WriteRequest } from './database.js';
import { ExitGate } from './exit-gate.js';
import { toFailure } from './io-failure.js';
import type { IoCall, IoEvent, IoThreadData } from './io-protocol.js';
import type { Remains } from './consumer-operations.js';
import { TransactionEffects } from './transaction-effects.js';

const LOOK_INTERVAL_MS = 1_000;
/** Rows after which a transaction takes no further requests: about 20 ms, in which other processes wait. */
const TRANSACTION_ROWS = 2_000;

type WriteCall = IoCall & { readonly request: WriteRequest };

export class IoLoop {
  readonly #data: IoThreadData;
  readonly #post: (events: readonly IoEvent[]) => void;
  readonly #messageBell: Bell;
  readonly #resultBell: Bell;
  readonly #gate: ExitGate;
  #database: Database | null = null;
  #pending: IoCall[] = [];
  #isScheduled = false;
  #lookTimer: NodeJS.Timeout | null = null;
  #dueTimer: NodeJS.Timeout | null = null;
  #hasNewResults = false;

  /** @param post hands events to the host; it may transfer their buffers. */
  constructor(data: IoThreadData, post: (events: readonly IoEvent[]) => void) {
    this.#data = data;
    this.#post = post;
    this.#gate = new ExitGate(data.gate);
    this.#messageBell = new Bell(`${data.path}-bell-messages`);
    this.#resultBell = new Bell(`${data.path}-bell-results`);
  }

  receive(calls: readonly IoCall[]): void {
    for (const call of calls) this.#pending.push(call);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#cycle);
  }

  readonly #cycle = (): void => {
    this.#gate.pass(() => {
      this.#isScheduled = false;
      const calls = this.#takeCalls();
      const events: IoEvent[] = [];
      const database = this.#database ?? this.#open(calls, events);
      if (database !== null) this.#work(database, calls, events);
      const isClosing = calls.some(({ request }) => request.kind === 'close');
      // Before the answer: the host ends the thread when it has it.
      if (database !== null && isClosing) this.#close(database);
      if (events.length > 0) this.#post(events);
      if (database !== null && !isClosing) this.#afterWork(database);
    });
  };

  #takeCalls(): readonly IoCall[] {
    let rows = 0;
    let count = 0;
    for (const { request } of this.#pending) {
      if (rows >= TRANSACTION_ROWS) break;
      rows += rowsOf(request);
      count++;
    }
    if (count === this.#pending.length) {
      const calls = this.#pending;
      this.#pending = [];
      return calls;
    }
    return this.#pending.splice(0, count);
  }

  #open(calls: readonly IoCall[], events: IoEvent[]): Database | null {
    try {
      this.#database = Database.open(this.#data);
    } catch (error) {
      const failure = toFailure(error, this.#data.path);
      for (const { id } of calls) events.push({ kind: 'failure', id, failure });
    }
    return this.#database;
  }

  #work(database: Database, calls: readonly IoCall[], events: IoEvent[]): void {
    const writes = calls.filter((call): call is WriteCall => isWrite(call.request));
    if (writes.length > 0 || (database.consumers.isHungry && this.#findsWork(database))) {
      this.#write(database, { writes, remains: null }, events);
    }
    const effects = new TransactionEffects();
    for (const { id, request } of calls) {
      if (isWrite(request)) continue;
      this.#attempt(id, events, () => {
        events.push({ kind: 'answer', id, answer: database.read(request, effects) });
      });
    }
    if (this.#hasNewResults) {
      // Cleared first: a look that fails is repeated a second later, not at once.
      this.#hasNewResults = false;
      this.#attempt(null, events, () => {
        this.#hasNewResults = database.results.look(effects);
      });
    }
    events.push(...effects.events);
  }

  #write(
    database: Database,
    work: { readonly writes: readonly WriteCall[]; readonly remains: Remains | null },
    events: IoEvent[],
  ): void {
    const { endings, effects } = database.write(
      work.writes.map((call) => call.request),
      work.remains,
    );
    // The bell before the answers: whoever hears of a confirm may expect the others to have been told.
    if (effects.ringsMessages) this.#messageBell.ring();
    if (effects.ringsResults) {
      this.#resultBell.ring();
      this.#hasNewResults = database.results.hasWatches;
    }
    work.writes.forEach(({ id }, i) => {
      const ending = endings[i];
      if (ending === undefined) return;
      if ('error' in ending) events.push({ kind: 'failure', id, failure: toFailure(ending.error, this.#data.path) });
      else events.push({ kind: 'answer', id, answer: ending.answer });
    });
    events.push(...effects.events);
  }

  #findsWork(database: Database): boolean {
    let found: boolean | null = null;
    this.#attempt(null, [], () => {
      found = database.messages.findsWork();
    });
    if (found === null) database.consumers.rest();
    return found ?? false;
  }

  /** A failed read is answered; one that nobody asked for is tried again at the next look. */
  #attempt(id: number | null, events: IoEvent[], read: () => void): void {
    try {
      read();
    } catch (error) {
      if (id !== null) events.push({ kind: 'failure', id, failure: toFailure(error, this.#data.path) });
    }
  }

  #afterWork(database: Database): void {
    this.#attempt(null, [], () => {
      database.checkpointer.runIfDue();
    });
    this.#listen(database);
    if (this.#pending.length > 0 || this.#hasNewResults || database.consumers.isHungry) this.#schedule();
    else this.#armDueTimer(database);
  }

  /** Watches the bells and keeps the timer of once a second exactly while somebody waits for something. */
  #listen(database: Database): void {
    const { hasSubscriptions } = database.consumers;
    const { hasWatches } = database.results;
    if (hasSubscriptions) this.#messageBell.watch(this.#onMessageBell);
    else this.#messageBell.unwatch();
    if (hasWatches) this.#resultBell.watch(this.#onResultBell);
    else this.#resultBell.unwatch();
    if (hasSubscriptions || hasWatches || database.checkpointer.isBehind) {
      this.#lookTimer ??= setTimeout(this.#look, LOOK_INTERVAL_MS);
    } else if (this.#lookTimer !== null) {
      clearTimeout(this.#lookTimer);
      this.#lookTimer = null;
    }
  }

  readonly #onMessageBell = (): void => {
    this.#database?.consumers.wake();
    this.#schedule();
  };

  readonly #onResultBell = (): void => {
    this.#hasNewResults = true;
    this.#schedule();
  };

  readonly #look = (): void => {
    this.#lookTimer = null;
    const database = this.#database;
    if (database === null) return;
    this.#gate.pass(() => {
      this.#lookAround(database);
    });
  };

  #lookAround(database: Database): void {
    const events: IoEvent[] = [];
    if (database.consumers.hasSubscriptions) {
      this.#attempt(null, [], () => {
        const remains = database.consumers.remains();
        if (remains !== null) this.#write(database, { writes: [], remains }, events);
      });
    }
    if (events.length > 0) this.#post(events);
    if (database.checkpointer.isBehind && this.#pending.length === 0) {
      this.#attempt(null, [], () => database.checkpointer.run(0));
    }
    database.consumers.wake();
    this.#hasNewResults = database.results.hasWatches;
    this.#schedule();
  }

  #armDueTimer(database: Database): void {
    if (this.#dueTimer !== null) clearTimeout(this.#dueTimer);
    this.#dueTimer = null;
    if (!database.consumers.hasSubscriptions) return;
    this.#attempt(null, [], () => {
      const dueEpochMs = database.messages.nextDueEpochMs();
      if (dueEpochMs === null) return;
      const delayMs = Math.max(1, dueEpochMs - Date.now());
      // Later than the next look, that look arms it.
      if (delayMs <= LOOK_INTERVAL_MS) this.#dueTimer = setTimeout(this.#onMessageBell, delayMs);
    });
  }

  #close(database: Database): void {
    if (this.#lookTimer !== null) clearTimeout(this.#lookTimer);
    if (this.#dueTimer !== null) clearTimeout(this.#dueTimer);
    this.#messageBell.close();
    this.#resultBell.close();
    this.#database = null;
    this.#attempt(null, [], () => {
      database.close();
    });
  }
}

function rowsOf(request: IoCall['request']): number {
  if (request.kind === 'publish') return request.messages.count;
  if (request.kind === 'store') return request.count;
  if (request.kind === 'settle') return request.acks.length + request.requeues.length + request.deadLetters.length;
  return 1;
}
