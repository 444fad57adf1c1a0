/**
 * The host's side of the I/O thread of one database file. Transport and backend on the same file share one client, so a
 * process has one thread and one writer per file. Runs on the host thread; nothing here blocks or touches the file.
 * The thread keeps the process alive only while an answer is outstanding or somebody holds it (`hold`).
 */
import { Worker } from 'node:worker_threads';
import { withDeadline } from '../../core/kernel/deadline.js';
import type { Clock } from '../../core/kernel/clock.js';
import { TurnBatch } from '../../core/kernel/turn-batch.js';
import { ExitGate } from './exit-gate.js';
import type { DatabaseAddress } from './database-address.js';
import type { IoAnswer, IoCall, IoEvent, IoFailure, IoRequest, IoThreadData } from './io-protocol.js';

/** Makes the error of the port that asked. */
export type ToError = (failure: IoFailure) => Error;

/** Hears what the thread says unasked. */
export interface SqliteListener {
  onEvent(event: Exclude<IoEvent, { readonly kind: 'answer' | 'failure' }>): void;
  /** The thread has ended against our will; every later request fails. */
  onEnd(failure: IoFailure): void;
}

type Buffers = ArrayBuffer | readonly ArrayBuffer[];

interface Waiting {
  readonly resolve: (answer: IoAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly toError: ToError;
}

/** Longest wait for the thread as the process exits, ms: a transaction of the largest size ends well before. */
const EXIT_WAIT_MS = 1_000;

/** Gates of the threads that run; one listener serves them all. */
const gates = new Set<ExitGate>();

function shutGates(): void {
  for (const gate of gates) gate.shut(EXIT_WAIT_MS);
}

/** Path and durability → the running client. One thread a file and process is the point, so this is the process's state. */
const clients = new Map<string, SqliteClient>();
/** Numbers consumers and watchers of the process, whichever transport or backend they belong to. */
let lastNumber = 0;

export class SqliteClient {
  readonly path: string;
  readonly #key: string;
  readonly #worker: Worker;
  readonly #gate = new ExitGate();
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<SqliteListener>();
  readonly #outbox: TurnBatch<{ readonly call: IoCall; readonly buffers: Buffers }>;
  #lastId = 0;
  #users = 0;
  #holds = 0;
  #end: IoFailure | null = null;

  private constructor(key: string, { path, synchronous }: Pick<IoThreadData, 'path' | 'synchronous'>) {
    this.#key = key;
    this.path = path;
    this.#worker = new Worker(new URL('./io-thread.js', import.meta.url), {
      workerData: { path, synchronous, gate: this.#gate.shared } satisfies IoThreadData,
      name: 'celeriac-sqlite',
      // The flags of the host (a test runner's, a loader's) are not for this thread.
      execArgv: [],
    });
    this.#worker.unref();
    if (gates.size === 0) process.on('exit', shutGates);
    gates.add(this.#gate);
    this.#worker.on('message', this.#onEvents);
    this.#worker.on('error', (error) => {
      this.#fail(error.message);
    });
    this.#worker.on('exit', () => {
      gates.delete(this.#gate);
      if (gates.size === 0) process.off('exit', shutGates);
      this.#fail('it has ended');
    });
    this.#outbox = new TurnBatch((items) => {
      const calls = items.map((item) => item.call);
      this.#worker.postMessage(
        calls,
        items.flatMap((item) => item.buffers),
      );
    });
  }

  /** The process's client for this file; each `acquire` needs one `close`. */
  static acquire(address: DatabaseAddress, listener: SqliteListener): SqliteClient {
    const key = `${address.synchronous}:${address.path}`;
    let client = clients.get(key);
    if (client === undefined) {
      client = new SqliteClient(key, { path: address.path, synchronous: address.synchronous });
      clients.set(key, client);
    }
    client.#users++;
    client.#listeners.add(listener);
    return client;
  }

  /** A number that no other consumer or watcher of this process has. */
  static nextNumber(): number {
    return ++lastNumber;
  }

  /** @param buffers moved to the thread; the caller must not touch them again. */
  request(request: IoRequest, toError: ToError, buffers: Buffers = []): Promise<IoAnswer> {
    if (this.#end !== null) return Promise.reject(toError(this.#end));
    const id = ++this.#lastId;
    return new Promise<IoAnswer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, toError });
      if (this.#waiting.size === 1) this.#worker.ref();
      this.#outbox.push({ call: { id, request }, buffers });
    });
  }

  /** Keeps the process alive until `release`. */
  hold(): void {
    if (this.#holds++ === 0) this.#worker.ref();
  }

  release(): void {
    this.#holds--;
    this.#unrefIfIdle();
  }

  /** Lets go of the client; the last user closes the file and ends the thread, within `timeoutMs`. */
  async close(listener: SqliteListener, closing: { readonly clock: Clock; readonly timeoutMs: number }): Promise<void> {
    if (!this.#listeners.delete(listener)) return;
    if (--this.#users > 0) return;
    clients.delete(this.#key);
    const closed = this.request({ kind: 'close' }, (failure) => new Error(failure.message));
    try {
      await withDeadline(closing.clock, closed, closing.timeoutMs, 'closing the database');
    } catch {
      // The thread is ended below whatever it does; what it had committed stays committed.
    }
    this.#end ??= { kind: 'closed', sqliteCode: '', message: `${this.path} is closed`, isRetryable: false };
    await this.#worker.terminate();
  }

  readonly #onEvents = (events: readonly IoEvent[]): void => {
    for (const event of events) {
      if (event.kind === 'answer') this.#take(event.id)?.resolve(event.answer);
      else if (event.kind === 'failure') this.#reject(event.id, event.failure);
      else for (const listener of this.#listeners) listener.onEvent(event);
    }
    this.#unrefIfIdle();
  };

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #reject(id: number, failure: IoFailure): void {
    const waiting = this.#take(id);
    waiting?.reject(waiting.toError(failure));
  }

  #fail(reason: string): void {
    if (this.#end !== null) return;
    const failure: IoFailure = {
      kind: 'closed',
      sqliteCode: '',
      message: `the I/O thread of ${this.path} failed: ${reason}`,
      isRetryable: true,
    };
    this.#end = failure;
    clients.delete(this.#key);
    for (const id of [...this.#waiting.keys()]) this.#reject(id, failure);
    for (const listener of [...this.#listeners]) listener.onEnd(failure);
  }

  #unrefIfIdle(): void {
    if (this.#waiting.size === 0 && this.#holds === 0) this.#worker.unref();
  }
}
