/** A worker over feature-tasks.ts in this process, with ears for its log and for what the tasks say. */
import { BroadcastChannel } from 'node:worker_threads';
import type { AsyncResult } from '../../core/app/public.js';
import type { LeveledLogger, LogLevel } from '../../core/ports/logger.js';
import type { BrowsedMessage } from '../../core/ports/transport.js';
import { Worker } from '../../core/worker/public.js';
import { app } from './members/feature-tasks.js';

export interface LogLine {
  readonly level: LogLevel;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

const module = new URL('./members/feature-tasks.js', import.meta.url);

export class FeatureBench {
  readonly lines: LogLine[] = [];
  readonly #said = new Map<unknown, string[]>();
  readonly #channel = new BroadcastChannel('celeriac-feature-tasks');
  readonly #waiters = new Set<() => void>();
  #worker: Worker | null = null;

  static async start(): Promise<FeatureBench> {
    const bench = new FeatureBench();
    bench.#worker = await Worker.start({ app, module, concurrency: 1, logger: bench.#logger() });
    return bench;
  }

  private constructor() {
    this.#channel.onmessage = (event: unknown) => {
      const [id, word] = (event as { readonly data: readonly [unknown, string] }).data;
      this.#said.set(id, [...this.said(id), word]);
      for (const look of this.#waiters) look();
    };
  }

  /** What was said of a task, in order. */
  said(id: unknown): readonly string[] {
    return this.#said.get(id) ?? [];
  }

  /** Resolves with all that was said when this has been said so often. A word may come after the result. */
  heard(id: unknown, word: string, times = 1): Promise<readonly string[]> {
    return this.#until(() => (this.said(id).filter((said) => said === word).length >= times ? this.said(id) : null));
  }

  /** Resolves with the first line of the log whose message matches. */
  logged(pattern: RegExp): Promise<LogLine> {
    return this.#until(() => this.lines.find(({ message }) => pattern.test(message)) ?? null);
  }

  /** Resolves with the letter of a task when it is among the dead. */
  async dead(id: string): Promise<BrowsedMessage | null> {
    const transport = await app.connections.transport();
    const letters = await transport.browse('celery.dead', 1_000);
    return letters.find(({ headers }) => headers.table['id'] === id) ?? null;
  }

  /** Resolves when the queue has no message that is ready or with the worker: all that has ended is settled. */
  async drained(): Promise<void> {
    const transport = await app.connections.transport();
    for (;;) {
      const { ready, unacked } = await transport.stats('celery');
      if (ready + unacked === 0) return;
      await new Promise(setImmediate);
    }
  }

  async close(): Promise<void> {
    this.#channel.close();
    await this.#worker?.close({ timeoutMs: 5_000 });
    await app.close();
  }

  #until<T>(look: () => T | null): Promise<T> {
    return new Promise((resolve) => {
      const tryAgain = (): void => {
        const found = look();
        if (found === null) return;
        this.#waiters.delete(tryAgain);
        resolve(found);
      };
      this.#waiters.add(tryAgain);
      tryAgain();
    });
  }

  #logger(): LeveledLogger {
    const write =
      (level: LogLevel) =>
      (fields: object, message: string): void => {
        this.lines.push({ level, fields: { ...fields }, message });
        for (const look of this.#waiters) look();
      };
    const levels = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    return { ...levels, isLevelEnabled: () => true };
  }
}

/** The result, waited for no longer than a test may take. */
export async function ended<R>(sent: Promise<AsyncResult<R>>): Promise<R> {
  return (await sent).get({ timeoutMs: 20_000 });
}

/** Type of the error with which it ends. */
export async function failure(sent: Promise<AsyncResult>): Promise<string> {
  try {
    await ended(sent);
  } catch (error) {
    const { type, name } = error as { readonly type?: string; readonly name: string };
    return type ?? name;
  }
  throw new Error('the task has not failed');
}
