/**
 * An open database file as the I/O loop uses it: runs requests in transactions and reads outside of them. Knows nothing
 * of messages between threads, bells or timers.
 */
import { Checkpointer } from './checkpointer.js';
import { Connection } from './connection.js';
import { ConsumerTable } from './consumer-table.js';
import { affectsAll } from './io-failure.js';
import type { IoAnswer, IoRequest, IoThreadData } from './io-protocol.js';
import { MessageOperations } from './message-operations.js';
import { ownIdentity } from './process-identity.js';
import { QueueTables } from './queue-tables.js';
import { ResultOperations } from './result-operations.js';
import { ResultTable } from './result-table.js';
import { checkSchema, prepareSchema } from './schema.js';
import { TransactionEffects } from './transaction-effects.js';
import { assertNever } from '../../core/kernel/assert-never.js';

type ReadKind = 'count' | 'browse' | 'queues' | 'fetch' | 'watch' | 'unwatch' | 'window' | 'cancel' | 'open' | 'close';
export type ReadRequest = Extract<IoRequest, { readonly kind: ReadKind }>;
export type WriteRequest = Exclude<IoRequest, ReadRequest>;

/** How one request of a transaction ended. */
export type Ending = { readonly answer: IoAnswer } | { readonly error: unknown };

const WRITES: ReadonlySet<string> = new Set<WriteRequest['kind']>([
  'declare',
  'publish',
  'subscribe',
  'settle',
  'release',
  'heartbeat',
  'purge',
  'store',
  'forget',
  'cleanup',
]);

export function isWrite(request: IoRequest): request is WriteRequest {
  return WRITES.has(request.kind);
}

export class Database {
  readonly messages: MessageOperations;
  readonly results: ResultOperations;
  readonly checkpointer: Checkpointer;
  readonly #connection: Connection;
  readonly #guard: Connection;
  readonly #queues: QueueTables;

  private constructor(connection: Connection, guard: Connection) {
    this.#connection = connection;
    this.#guard = guard;
    this.#queues = new QueueTables(connection);
    this.messages = new MessageOperations(this.#queues, new ConsumerTable(connection, ownIdentity()));
    this.results = new ResultOperations(new ResultTable(connection));
    this.checkpointer = new Checkpointer(connection, guard);
  }

  /** @throws UnusableDatabase or SQLite's error. */
  static open({ path, synchronous }: IoThreadData): Database {
    const connection = Connection.open(path);
    const guard = Connection.open(path);
    try {
      return connection.patiently(() => {
        // Before the log: that writes into the file, which may not be ours.
        checkSchema(connection);
        connection.useLog(synchronous);
        guard.useLog(synchronous);
        prepareSchema(connection);
        return new Database(connection, guard);
      });
    } catch (error) {
      connection.close();
      guard.close();
      throw error;
    }
  }

  /**
   * Runs requests and the claims that they make room for in one transaction (group commit); when that fails for a
   * reason that may lie in one of them, each by itself.
   */
  write(
    requests: readonly WriteRequest[],
    dead: ReturnType<MessageOperations['dead']>,
  ): {
    readonly endings: readonly Ending[];
    readonly effects: TransactionEffects;
  } {
    try {
      return this.#transact(requests, dead);
    } catch (error) {
      // Not at once again: the next look, a second away, wakes the windows.
      this.messages.rest();
      if (requests.length < 2 || affectsAll(error)) {
        return { endings: requests.map(() => ({ error })), effects: new TransactionEffects() };
      }
    }
    const endings: Ending[] = [];
    const effects = new TransactionEffects();
    for (const request of requests) {
      const one = this.write([request], []);
      endings.push(...one.endings);
      effects.add(one.effects);
    }
    return { endings, effects };
  }

  /** Runs one request that changes nothing in the file. */
  read(request: ReadRequest, effects: TransactionEffects): IoAnswer {
    return this.#connection.patiently(() => this.#read(request, effects));
  }

  close(): void {
    if (this.checkpointer.isBehind) this.checkpointer.run(0);
    this.#connection.close();
    this.#guard.close();
  }

  #transact(
    requests: readonly WriteRequest[],
    dead: ReturnType<MessageOperations['dead']>,
  ): { readonly endings: readonly Ending[]; readonly effects: TransactionEffects } {
    const effects = new TransactionEffects();
    // A claim alone need not outlive a power loss, which ends the claimer too: 0.4 ms less on the way to a task.
    const isDurable = requests.length > 0;
    try {
      const endings = this.#connection.write(
        () => {
          const answers = requests.map((request): Ending => ({ answer: this.#apply(request, effects) }));
          this.messages.reap(dead, effects);
          this.messages.claim(effects);
          return answers;
        },
        { isDurable },
      );
      this.checkpointer.note(effects.rows, effects.bytes);
      return { endings, effects };
    } catch (error) {
      effects.rollback();
      this.#queues.forgetQueues();
      throw error;
    }
  }

  #read(request: ReadRequest, effects: TransactionEffects): IoAnswer {
    switch (request.kind) {
      case 'count':
        return this.#queues.count(request.queue);
      case 'browse':
        return this.#queues.browse(request.queue, request.limit);
      case 'queues':
        return this.#queues.names();
      case 'fetch':
        return this.results.fetch(request.taskIds);
      case 'watch':
        this.results.watch(request, effects);
        return null;
      case 'unwatch':
        this.results.unwatch(request);
        return null;
      case 'window':
        this.messages.setWindow(request);
        return null;
      case 'cancel':
        this.messages.cancel(request);
        return null;
      case 'open':
      case 'close':
        return null;
      default:
        return assertNever(request);
    }
  }

  #apply(request: WriteRequest, effects: TransactionEffects): IoAnswer {
    switch (request.kind) {
      case 'declare':
        for (const name of request.queues) this.#queues.declare(name);
        return null;
      case 'publish':
        this.messages.publish(request, effects);
        return null;
      case 'subscribe':
        this.messages.subscribe(request, effects);
        return null;
      case 'settle':
        return this.messages.settle(request, effects);
      case 'release':
        this.messages.release(request, effects);
        return null;
      case 'heartbeat':
        this.messages.heartbeat(request, effects);
        return null;
      case 'purge':
        return this.#queues.purge(request.queue);
      case 'store':
        this.results.store(request, effects);
        return null;
      case 'forget':
        this.results.forget(request.taskIds, effects);
        return null;
      case 'cleanup':
        return this.results.cleanup(request, effects);
      default:
        return assertNever(request);
    }
  }
}
