/** A worker over the tasks of worker-tasks.ts with a queue of its own, and an ear for what they say. */
import { BroadcastChannel } from 'node:worker_threads';
import type { AsyncResult } from '../../core/app/public.js';
import type { LeveledLogger } from '../../core/ports/logger.js';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import type { QueueStats, Transport } from '../../core/ports/transport.js';
import { Worker, type WorkerOptions } from '../../core/worker/public.js';
import { app, type TaskWord } from './members/worker-tasks.js';
import { jsonProperties } from './task-delivery.js';

export const tasksModule = new URL('./members/worker-tasks.js', import.meta.url);

let queues = 0;

/** A queue that no other test uses. */
export function newQueue(): string {
  return `bench-${String(++queues)}`;
}

/** Collects what tasks say from its making on. */
export class Ear {
  readonly words: TaskWord[] = [];
  readonly #channel = new BroadcastChannel('celeriac-worker-tasks');
  #waiters: { readonly isMeant: (word: TaskWord) => boolean; readonly resolve: (word: TaskWord) => void }[] = [];

  constructor() {
    this.#channel.onmessage = (event: unknown) => {
      const { data } = event as { readonly data: TaskWord };
      this.words.push(data);
      for (const { isMeant, resolve } of this.#waiters) if (isMeant(data)) resolve(data);
      this.#waiters = this.#waiters.filter(({ isMeant }) => !isMeant(data));
    };
  }

  /** The first word that is meant, past or to come. */
  heard(isMeant: (word: TaskWord) => boolean): Promise<TaskWord> {
    const past = this.words.find(isMeant);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => this.#waiters.push({ isMeant, resolve }));
  }

  /** Resolves when the task of this id has started. */
  started(id: string): Promise<TaskWord> {
    return this.heard((word) => word.kind === 'started' && word.id === id);
  }

  /** How often a task of this id has started. */
  starts(id: string): number {
    return this.words.filter((word) => word.kind === 'started' && word.id === id).length;
  }

  close(): void {
    this.#channel.close();
  }
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
}

export class Bench {
  readonly queue: string;
  readonly ear = new Ear();
  readonly log: LogLine[] = [];
  readonly worker: Worker;

  private constructor(worker: Worker, queue: string, log: LogLine[]) {
    this.worker = worker;
    this.queue = queue;
    this.log = log;
  }

  static async start(options: Partial<WorkerOptions> = {}, queue = newQueue()): Promise<Bench> {
    const log: LogLine[] = [];
    const module = tasksModule;
    const logger = options.logger ?? collectingLogger(log);
    const worker = await Worker.start({ app, module, concurrency: 1, queues: [queue], logger, ...options });
    return new Bench(worker, queue, log);
  }

  transport(): Promise<Transport> {
    return app.connections.transport();
  }

  async stats(queue = this.queue): Promise<QueueStats> {
    return (await this.transport()).stats(queue);
  }

  /** Sends a task by name to the worker's queue. */
  send(task: string, args: readonly unknown[] = [], options: object = {}): Promise<AsyncResult> {
    return app.sendTask(`worker.${task}`, { args, queue: this.queue, ...options });
  }

  /** A message as a stranger writes it; the broker does not delay it. */
  async publish(
    headers: HeaderTable,
    { body = '[[1],{},null]', ...properties }: { readonly body?: string; readonly contentType?: string } = {},
  ): Promise<void> {
    const transport = await this.transport();
    await transport.declare([{ name: this.queue, durable: true }]);
    await transport.publish([
      {
        exchange: '',
        routingKey: this.queue,
        headers: HeaderBlock.fromTable(headers),
        properties: { ...jsonProperties, ...properties },
        body: Buffer.from(body),
        notBeforeEpochMs: null,
      },
    ]);
  }

  /** Reasons of the dead letters of the queue. */
  async deaths(): Promise<readonly string[]> {
    const letters = await (await this.transport()).browse(`${this.queue}.dead`, 100);
    return letters.map(({ headers }) => (headers.table['celeriac-dead'] as { readonly reason: string }).reason);
  }

  /** Lets a holding task end. */
  open(id: string, value: unknown = 'opened'): void {
    const gate = new BroadcastChannel(`gate-${id}`);
    gate.postMessage(value);
    gate.close();
  }

  /** Resolves when `isTrue`; looked at after each turn of the event loop. */
  async until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.close({ timeoutMs: 0 });
    this.ear.close();
  }
}

/** State of a result once it is ready. */
export async function endOf(result: AsyncResult): Promise<string> {
  await result.get({ timeoutMs: 20_000, propagate: false });
  return result.state();
}

function collectingLogger(log: LogLine[]): LeveledLogger {
  const write = (level: string) => (_fields: object, message: string) => {
    log.push({ level, message });
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    isLevelEnabled: () => true,
  };
}
