/**
 * An open database file as the I/O loop uses it: runs requests in transactions and reads outside of them. Knows nothing
 * of messages between threads, bells or timers.
 */
import { Checkpointer } from './checkpointer.js';
import { Connection } from './connection.js';
import { ConsumerOperations, type Remains } from './consumer-operations.js';
import { ConsumerTable } from './consumer-table.js';
import { affectsAll } from './io-failure.js';
import type { IoAnswer, IoRequest, IoThreadData } from './io-protocol.js';
import { MessageOperations } from './message-operations.js';
import { ownIdentity } from './process-identity.js';
import { QueueDirectory } from './queue-directory.js';
import { QueueLook } from './queue-look.js';
import { QueueTables } from './queue-tables.js';
import { ResultOperations } from './result-operations.js';
import { ResultTable } from './result-table.js';
import { checkSchema, prepareSchema } from './schema.js';
import { TopologyOperations } from './topology-operations.js';
import { TopologyTables } from './topology-tables.js';
import { TransactionEffects } from './transaction-effects.js';
import { assertNever } from '../../core/kernel/assert-never.js';

type LookKind = 'count' | 'stats' | 'browse' | 'queues' | 'topology' | 'origins';
type ReadKind = LookKind | 'fetch' | 'watch' | 'unwatch' | 'window' | 'cancel' | 'open' | 'close';
export type ReadRequest = Extract<IoRequest, { readonly kind: ReadKind }>;
export type WriteRequest = Exclude<IoRequest, ReadRequest>;

/** How one request of a transaction ended. */
export type Ending = { readonly answer: IoAnswer } | { readonly error: unknown };

const WRITES: ReadonlySet<string> = new Set<WriteRequest['kind']>([
  'declare',
  'declare-exchanges',
  'unbind',
  'remove',
  'publish',
  'route',
  'subscribe',
  'add-queues',
  'remove-queues',
  'settle',
  'release',
  'heartbeat',
  'purge',
  'move',
  'store',
  'forget',
  'cleanup',
]);

export function isWrite(request: IoRequest): request is WriteRequest {
  return WRITES.has(request.kind);
}

export class Database {
  readonly messages: MessageOperations;
  readonly consumers: ConsumerOperations;
  readonly results: ResultOperations;
  readonly checkpointer: Checkpointer;
  readonly #connection: Connection;
  readonly #guard: Connection;
  readonly #directory: QueueDirectory;
  readonly #look: QueueLook;
  readonly #topology: TopologyOperations;

  private constructor(connection: Connection, guard: Connection) {
    this.#connection = connection;
    this.#guard = guard;
    const self = ownIdentity();
    const directory = new QueueDirectory(connection, self);
    const queues = new QueueTables(connection, directory);
    const tables = new TopologyTables(connection);
    const look = new QueueLook(connection, { directory, topology: tables, queues });
    const consumers = new ConsumerTable(connection, self);
    this.#directory = directory;
    this.#look = look;
    this.#topology = new TopologyOperations({ directory, tables, look });
    this.consumers = new ConsumerOperations({ consumers, directory, queues, look, topology: this.#topology });
    this.messages = new MessageOperations({ queues, directory, consumers: this.consumers });
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
    remains: Remains | null,
  ): {
    readonly endings: readonly Ending[];
    readonly effects: TransactionEffects;
  } {
    try {
      return this.#transact(requests, remains);
    } catch (error) {
      // Not at once again: the next look, a second away, wakes the windows.
      this.consumers.rest();
      if (requests.length < 2 || affectsAll(error)) {
        return { endings: requests.map(() => ({ error })), effects: new TransactionEffects() };
      }
    }
    const endings: Ending[] = [];
    const effects = new TransactionEffects();
    for (const request of requests) {
      const one = this.write([request], null);
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
    remains: Remains | null,
  ): { readonly endings: readonly Ending[]; readonly effects: TransactionEffects } {
    const effects = new TransactionEffects();
    // A claim alone need not outlive a power loss, which ends the claimer too: 0.4 ms less on the way to a task.
    const isDurable = requests.length > 0;
    try {
      const endings = this.#connection.write(
        () => {
          this.#directory.refresh();
          const answers = requests.map((request): Ending => ({ answer: this.#apply(request, effects) }));
          if (remains !== null) this.consumers.reap(remains, effects);
          this.messages.claim(effects);
          return answers;
        },
        { isDurable },
      );
      this.checkpointer.note(effects.rows, effects.bytes);
      return { endings, effects };
    } catch (error) {
      effects.rollback();
      this.#directory.forget();
      throw error;
    }
  }

  #read(request: ReadRequest, effects: TransactionEffects): IoAnswer {
    switch (request.kind) {
      case 'count':
        return this.#look.count(request.queue);
      case 'stats':
        return this.#look.stats(request.queue);
      case 'browse':
        return this.#look.browse(request.queue, request.limit, request.state);
      case 'queues':
        return this.#directory.names();
      case 'topology':
        return this.#topology.read(request);
      case 'origins':
        return this.consumers.origins(request);
      case 'fetch':
        return this.results.fetch(request.taskIds);
      case 'watch':
        this.results.watch(request, effects);
        return null;
      case 'unwatch':
        this.results.unwatch(request);
        return null;
      case 'window':
        this.consumers.setWindow(request);
        return null;
      case 'cancel':
        this.consumers.cancel(request);
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
        this.#topology.declare(request);
        return null;
      case 'declare-exchanges':
        this.#topology.declareExchanges(request);
        return null;
      case 'unbind':
        this.#topology.unbind(request);
        return null;
      case 'remove':
        this.#topology.remove(request, effects);
        return null;
      case 'publish':
        this.messages.publish(request, effects);
        return null;
      case 'route':
        return this.messages.route(request, effects);
      case 'subscribe':
        this.consumers.subscribe(request, effects);
        return null;
      case 'add-queues':
        this.consumers.addQueues(request, effects);
        return null;
      case 'remove-queues':
        this.consumers.removeQueues(request, effects);
        return null;
      case 'settle':
        return this.messages.settle(request, effects);
      case 'release':
        this.consumers.release(request, effects);
        return null;
      case 'heartbeat':
        this.consumers.heartbeat(request, effects);
        return null;
      case 'purge':
        return this.#look.purge(request.queue);
      case 'move':
        this.consumers.madeReady(effects);
        return this.#look.move(request.queue, request.moves);
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
