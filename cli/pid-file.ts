/**
 * The file that says which process a worker is (`--pidfile`). One that names a living process is refused; one that a dead
 * process has left is replaced. Removed at the end, by the process that wrote it.
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** A file that is ours, or the reason why it is not. */
export type PidFile = { readonly remove: () => void } | { readonly problem: string };

export function writePidFile(path: string): PidFile {
  const own = `${path}.${String(process.pid)}`;
  try {
    // Never through a link that somebody has laid under this name, in a folder where everybody may write.
    rmSync(own, { force: true });
    writeFileSync(own, `${String(process.pid)}\n`, { flag: 'wx' });
    const problem = claim(own, path);
    return problem === null
      ? {
          remove: () => {
            removeOwn(path);
          },
        }
      : { problem };
  } catch (error) {
    return { problem: `the pid file ${path} cannot be written: ${(error as Error).message}` };
  } finally {
    rmSync(own, { force: true });
  }
}

/** A link either is made, whole, or is there already: two processes that start together cannot both have it. */
function claim(own: string, path: string): string | null {
  try {
    linkSync(own, path);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = ownerOf(path);
  if (owner === null) return `the pid file ${path} is there and holds no process id: remove it`;
  if (isAlive(owner)) return `the pid file ${path} belongs to process ${String(owner)}, which runs`;
  rmSync(path, { force: true });
  linkSync(own, path);
  return null;
}

function removeOwn(path: string): void {
  if (ownerOf(path) === process.pid) rmSync(path, { force: true });
}

function ownerOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/** A process of another user exists too: it may not be signalled, which is an answer. */
function isAlive(pid: number): boolean {
  // In a container every worker is process 1, or the same small number: what a dead one has left is no other process.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
