/**
 * `--watch`: after a save the app module is prepared again and the members are replaced by ones that load it anew. What
 * cannot be loaded is told and changes nothing; the next save tries again. One reload at a time. Host thread.
 */
import { relative } from 'node:path';
import { prepareModule } from '../loader/prepare-module.js';
import type { Clock } from '../kernel/clock.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { HostModule } from './host-module.js';
import { ModuleWatch } from './module-watch.js';

export interface ReloadingOptions {
  readonly host: HostModule;
  readonly clock: Clock;
  readonly logger: LeveledLogger;
  /** Replaces the members; answers the names of the tasks that they know now. */
  readonly reload: () => Promise<readonly string[]>;
}

export class Reloading {
  readonly #options: ReloadingOptions;
  readonly #watch: ModuleWatch;
  #isReloading = false;
  #isClosed = false;
  /** What was saved during a reload. */
  #next: string | null = null;

  constructor(options: ReloadingOptions) {
    this.#options = options;
    this.#watch = new ModuleWatch({
      clock: options.clock,
      onChange: (file) => {
        this.#onChange(file);
      },
    });
  }

  /** Resolves when saves are seen. */
  async start(): Promise<void> {
    const { host } = this.#options;
    const prepared = await prepareModule(host.sourceUrl, cacheOf(host));
    this.#watch.follow(host.sourceUrl, prepared.sourceFiles);
  }

  close(): void {
    this.#isClosed = true;
    this.#watch.close();
  }

  #onChange(file: string): void {
    if (this.#isReloading) {
      this.#next ??= file;
      return;
    }
    this.#isReloading = true;
    void this.#reload(file).then(() => {
      this.#isReloading = false;
      const next = this.#next;
      this.#next = null;
      if (next !== null && !this.#isClosed) this.#onChange(next);
    });
  }

  /** Never rejects: whoever edits reads why it did not work, and goes on editing. */
  async #reload(file: string): Promise<void> {
    const { logger, reload } = this.#options;
    const name = relative(process.cwd(), file);
    try {
      const tasks = await reload();
      // Shown by default: whoever watches wants to know.
      logger.warn(
        { file: name, tasks: tasks.length },
        `${name} was saved: members run the new code (${tasks.join(', ')})`,
      );
      await this.start();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error({ err: error, file: name }, `${name} was saved and cannot be loaded, the old code stays: ${reason}`);
    }
  }
}

/** Modules that share instances must be prepared into the same place. */
function cacheOf({ cacheFolder }: HostModule): { readonly cacheFolder?: string } {
  return cacheFolder === null ? {} : { cacheFolder };
}
