/** A real worker process on a fresh SQLite file, for cases that measure from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../test/support/project.js';

const tasksModule = fileURLToPath(new URL('../programs/bench-tasks.js', import.meta.url));

/** The folder of one database, and the client's view of it. */
export class BenchDatabase {
  readonly #folder = mkdtempSync(join(tmpdir(), 'celeriac-bench-'));

  get url(): string {
    return `sqlite://${join(this.#folder, 'bench.db')}`;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export class WorkerProcess {
  readonly child: ChildProcess;
  /** Resolves when the worker has said that it is ready. */
  readonly ready: Promise<void>;

  /** @param args options of the worker command. */
  constructor(database: BenchDatabase, args: readonly string[]) {
    const bin = join(projectRoot, 'cli', 'bin.cjs');
    this.child = spawn(process.execPath, [bin, '-A', tasksModule, 'worker', ...args], {
      env: { ...process.env, BENCH_DATABASE: database.url },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const lines = createInterface({ input: this.child.stderr as NodeJS.ReadableStream });
    this.ready = new Promise((resolve, reject) => {
      const seen: string[] = [];
      lines.on('line', (line) => {
        seen.push(line);
        if (line.includes('ready.')) resolve();
      });
      this.child.once('exit', () => {
        reject(new Error(`the worker ended before it was ready:\n${seen.join('\n')}`));
      });
    });
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
