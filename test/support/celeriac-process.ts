/** The `celeriac` command as a process: its lines as they come, its end, and no process left behind. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { projectRoot } from './project.js';

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CeleriacProcessOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @defaultValue the bin of this project */
  readonly bin?: string;
  /** In a process group of its own, as a shell starts it. @defaultValue false */
  readonly detached?: boolean;
}

interface LineWaiter {
  readonly pattern: RegExp;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

export class CeleriacProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves when the process is gone and all its output was read. */
  readonly end: Promise<ProcessEnd>;
  readonly #stderr: string[] = [];
  #stdout = '';
  #waiters: LineWaiter[] = [];

  constructor(args: readonly string[], options: CeleriacProcessOptions) {
    const env = { ...process.env, NO_COLOR: '1', ...options.env };
    this.child = spawn(process.execPath, [options.bin ?? join(projectRoot, 'cli', 'bin.cjs'), ...args], {
      cwd: options.cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.detached ?? false,
    });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    createInterface({ input: this.child.stderr }).on('line', (line) => {
      this.#onLine(line);
    });
    this.end = once(this.child, 'close').then(([code, signal]) => {
      const error = new Error(`process ended (${String(code ?? signal)}) before the line; stderr:\n${this.stderr}`);
      for (const { reject } of this.#waiters) reject(error);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr.join('\n');
  }

  /** The first line on stderr that matches, past or to come; rejects when the process ends without it. */
  line(pattern: RegExp): Promise<string> {
    const seen = this.#stderr.find((line) => pattern.test(line));
    if (seen !== undefined) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ pattern, resolve, reject });
    });
  }

  /** Resolves when stdout holds a match, past or to come; never, when the process ends without it. */
  printed(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.#stdout)) return;
        this.child.stdout.off('data', look);
        resolve();
      };
      this.child.stdout.on('data', look);
      look();
    });
  }

  /** Resolves when the worker consumes. */
  ready(): Promise<string> {
    return this.line(/ready\./);
  }

  /** A signal for its whole group, as Ctrl-C in a terminal; it must be `detached`. */
  killGroup(signal: NodeJS.Signals): Promise<ProcessEnd> {
    process.kill(-this.pid, signal);
    return this.end;
  }

  kill(signal: NodeJS.Signals): Promise<ProcessEnd> {
    this.child.kill(signal);
    return this.end;
  }

  /** Ends it whatever it does; for `after` hooks. */
  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill('SIGKILL');
  }

  #onLine(line: string): void {
    this.#stderr.push(line);
    const matching = this.#waiters.filter(({ pattern }) => pattern.test(line));
    this.#waiters = this.#waiters.filter((waiter) => !matching.includes(waiter));
    for (const { resolve } of matching) resolve(line);
  }
}
