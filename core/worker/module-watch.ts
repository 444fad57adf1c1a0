/**
 * Watches the files of the app module for `--watch`: says that something was saved, once for all that is saved together.
 * Folders are watched, not files: editors replace a file by another one of its name. Host thread.
 */
import { readdirSync, watch, type FSWatcher } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock, TimerHandle } from '../kernel/clock.js';

export interface ModuleWatchOptions {
  readonly clock: Clock;
  /** @param file the first that changed, as its folder names it */
  readonly onChange: (file: string) => void;
}

/** Saves within this time count as one. */
const QUIET_MS = 50;
/** More folders than any project of tasks has: a module in the root of a disk must not bind them all. */
const MAX_FOLDERS = 2_000;
const SOURCE_NAME = /\.(?:[cm]?[jt]sx?|json)$/;

export class ModuleWatch {
  readonly #options: ModuleWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #quiet: TimerHandle | null = null;
  #changed: string | null = null;
  #isClosed = false;

  constructor(options: ModuleWatchOptions) {
    this.#options = options;
  }

  /**
   * Watches the folders below the module, but for packages and hidden ones, and those of the files that it is made of.
   * Called again after each load: folders come and go.
   */
  follow(sourceUrl: URL, sourceFiles: readonly string[]): void {
    // A load that was under way when the worker stopped.
    if (this.#isClosed) return;
    const folders = new Set([...foldersBelow(dirname(fileURLToPath(sourceUrl))), ...sourceFiles.map(dirname)]);
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    this.#isClosed = true;
    this.#quiet?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): void {
    // It is the worker that keeps the process alive.
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      if (name !== null && SOURCE_NAME.test(name)) this.#onSave(join(folder, name));
    });
    // The folder went away: the next load finds out what is left.
    watcher.on('error', () => {
      watcher.close();
      this.#watchers.delete(folder);
    });
    this.#watchers.set(folder, watcher);
  }

  #onSave(file: string): void {
    this.#changed ??= file;
    this.#quiet?.cancel();
    this.#quiet = this.#options.clock.after(QUIET_MS, () => {
      const changed = this.#changed ?? file;
      this.#quiet = null;
      this.#changed = null;
      this.#options.onChange(changed);
    });
  }
}

function foldersBelow(root: string): readonly string[] {
  const folders = [root];
  for (let i = 0; i < folders.length && folders.length < MAX_FOLDERS; i++) {
    const folder = folders[i] ?? root;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name)) folders.push(join(folder, entry.name));
    }
  }
  return folders;
}
