/** A worker over limit-tasks.ts with a queue of its own, and ears for its log and for what the tasks say. */
import { BroadcastChannel } from 'node:worker_threads';
import type { AsyncResult } from '../../core/app/public.js';
import type { LeveledLogger } from '../../core/ports/logger.js';
import { Worker, type WorkerOptions } from '../../core/worker/public.js';
import { app } from './members/limit-tasks.js';

const module = new URL('./members/limit-tasks.js', import.meta.url);

let queues = 0;

/** A worker with a queue of its own, and an ear for its tasks. */
export class LimitBench {
  readonly lines: { readonly level: string; readonly message: string }[] = [];
  readonly #words: (readonly [id: string | null, word: string])[] = [];
  readonly #channel = new BroadcastChannel('celeriac-limit-tasks');
  readonly #waiters = new Set<() => void>();
  readonly queue = `limits-${String(++queues)}`;
  worker!: Worker;

  static async start(options: Partial<WorkerOptions> = {}): Promise<LimitBench> {
    const bench = new LimitBench();
    bench.#channel.onmessage = (event: unknown) => {
      bench.#words.push((event as { readonly data: readonly [string | null, string] }).data);
      bench.#look();
    };
    const logger = bench.#logger();
    bench.worker = await Worker.start({ app, module, concurrency: 1, queues: [bench.queue], logger, ...options });
    return bench;
  }

  send(task: string, args: readonly unknown[] = [], options: object = {}): Promise<AsyncResult> {
    return app.sendTask(`limit.${task}`, { args, queue: this.queue, ...options });
  }

  /** As `endOf`. */
  async end(task: string, args: readonly unknown[] = [], options: object = {}): Promise<unknown> {
    return endOf(await this.send(task, args, options));
  }

  said(id: string): readonly string[] {
    return this.#words.filter(([of]) => of === id).map(([, word]) => word);
  }

  heard(id: string, word: string): Promise<void> {
    return this.#until(() => this.said(id).includes(word));
  }

  async logged(level: string, message: string): Promise<void> {
    await this.#until(() => this.lines.some((line) => line.level === level && line.message.includes(message)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.close();
    await this.worker.close({ timeoutMs: 5_000 });
  }

  #look(): void {
    for (const look of this.#waiters) look();
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  #logger(): LeveledLogger {
    const write =
      (level: string) =>
      (_fields: object, message: string): void => {
        this.lines.push({ level, message });
        this.#look();
      };
    const levels = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    return { ...levels, isLevelEnabled: () => true };
  }
}

/** Name of the error, or the value, with which it ends. */
export async function endOf(result: AsyncResult): Promise<unknown> {
  try {
    return await result.get({ timeoutMs: 20_000 });
  } catch (error) {
    return (error as Error).name;
  }
}
