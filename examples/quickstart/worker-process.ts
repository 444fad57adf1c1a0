/** A worker as its own process, started with the same command that a user types, and surely gone when it is stopped. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Folder of the package `celeriac`, of which this example is a part. */
export const packageFolder = dirname(createRequire(import.meta.url).resolve('celeriac/package.json'));

/** Time to end before it is killed, ms. */
const stopTimeoutMs = 5_000;

export class WorkerProcess {
  readonly #child: ChildProcessByStdio<null, null, Readable>;
  readonly #exited: Promise<void>;
  /** Resolves when it consumes; rejects, with what it said, when it ends before. */
  readonly ready: Promise<void>;
  /** Rejects when the worker ends though nobody stopped it. */
  readonly failed: Promise<never>;
  #isStopping = false;

  /** @param args as after `celeriac` on a command line. */
  constructor(args: readonly string[]) {
    const bin = join(packageFolder, 'cli', 'bin.cjs');
    this.#child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#exited = once(this.#child, 'close').then(() => undefined);
    const said: string[] = [];
    const isReady = new Promise<void>((resolve) => {
      createInterface({ input: this.#child.stderr }).on('line', (line) => {
        said.push(line);
        if (line.endsWith(' ready.')) resolve();
      });
    });
    this.failed = this.#exited.then(() => {
      if (this.#isStopping) return new Promise<never>(() => undefined);
      throw new Error(`the worker ended by itself:\n${said.slice(-20).join('\n')}`);
    });
    // Whoever does not look at it while it stops must not die of it.
    this.failed.catch(() => undefined);
    this.ready = Promise.race([isReady, this.failed]);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends the process: what runs is finished, or with `inHurry` given back. Resolves when it is gone. */
  async stop(options: { readonly inHurry: boolean }): Promise<void> {
    this.#isStopping = true;
    this.#child.kill(options.inHurry ? 'SIGQUIT' : 'SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    await this.#exited;
    clearTimeout(killer);
  }
}
