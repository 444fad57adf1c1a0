/**
 * `worker --detach`: the same command again as a process of its own, without a terminal. The parent ends when the child
 * is there; what the child says goes to its log file.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/** Set in the child, so that it does not detach again. */
const MARK = 'CELERIAC_DETACHED';

export function isDetached(): boolean {
  return process.env[MARK] === '1';
}

export interface DetachOptions {
  /** Path of the file for what is written to stdout and stderr; null loses it. */
  readonly logfile: string | null;
  /** Path of node; null is the one that runs here. */
  readonly executable: string | null;
}

/** Starts the child with the words of this process. @returns its process id */
export async function detach({ logfile, executable }: DetachOptions): Promise<number> {
  const output = logfile === null ? 'ignore' : openSync(logfile, 'a');
  const [, ...words] = process.argv;
  const child = spawn(executable ?? process.execPath, [...process.execArgv, ...words], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, [MARK]: '1' },
  });
  if (typeof output === 'number') closeSync(output);
  await once(child, 'spawn');
  child.unref();
  return child.pid ?? 0;
}
