/** A consumer in a process of its own (sqlite-program.ts), to be killed, stopped and asked. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SqliteCommand, SqliteProcessMode, SqliteReport } from './sqlite-program.js';

const PROGRAM = fileURLToPath(new URL('./sqlite-program.js', import.meta.url));

export class SqliteProcess {
  readonly reports: SqliteReport[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #waiters: { readonly isDone: () => boolean; readonly resolve: () => void }[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, 'exit');
    child.on('message', (report: SqliteReport) => {
      this.reports.push(report);
      const done = this.#waiters.filter((waiter) => waiter.isDone());
      this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
      for (const waiter of done) waiter.resolve();
    });
  }

  /** Resolves when the consumer stands. */
  static async start(url: string, mode: SqliteProcessMode, prefetchCount: number): Promise<SqliteProcess> {
    const started = new SqliteProcess(fork(PROGRAM, [url, mode, String(prefetchCount)], { execArgv: [] }));
    await started.until((report) => report.kind === 'ready');
    return started;
  }

  /** Ids delivered so far. */
  get ids(): string[] {
    return this.reports.flatMap((report) => (report.kind === 'deliveries' ? report.ids : []));
  }

  tell(command: SqliteCommand): void {
    this.#child.send(command);
  }

  /** Resolves with the first report that matches. */
  async until<T extends SqliteReport>(
    matches: ((report: SqliteReport) => report is T) | ((report: SqliteReport) => boolean),
  ): Promise<T> {
    await this.#wait(() => this.reports.some(matches));
    return this.reports.find(matches) as T;
  }

  /** Resolves when `count` messages were delivered. */
  async untilDelivered(count: number): Promise<void> {
    await this.#wait(() => this.ids.length >= count);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends the process at once, if it has not ended, and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  async close(): Promise<void> {
    this.tell({ kind: 'close' });
    await this.#exit;
  }

  #wait(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ isDone, resolve });
    });
  }
}
