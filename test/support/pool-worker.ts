/** A worker over pool-tasks.ts in this process, with a kind of pool, and the warnings of its start. */
import type { LeveledLogger } from '../../core/ports/logger.js';
import type { SettingsInput } from '../../core/settings/table.js';
import { Worker } from '../../core/worker/public.js';
import { app } from './members/pool-tasks.js';

const module = new URL('./members/pool-tasks.js', import.meta.url);
const WAIT = { timeoutMs: 20_000 } as const;

export interface PoolWorker {
  readonly worker: Worker;
  readonly warnings: readonly string[];
}

/** Starts one, and closes it after the test. */
export async function withPoolWorker(
  settings: SettingsInput,
  test: (bench: PoolWorker) => Promise<void> | void,
): Promise<void> {
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  const logger: LeveledLogger = { debug: ignore, info: ignore, error: ignore, warn, isLevelEnabled: () => true };
  const worker = await Worker.start({ app, module, settings, logger });
  try {
    await test({ worker, warnings });
  } finally {
    await worker.close({ timeoutMs: 0 });
  }
}

/** What comes of a call; the type of its error where it fails. */
export async function outcomeOf<R>(sent: Promise<{ get(options: typeof WAIT): Promise<R> }>): Promise<R | string> {
  try {
    return await (await sent).get(WAIT);
  } catch (error) {
    const { type, name } = error as { readonly type?: string; readonly name: string };
    return type ?? name;
  }
}
