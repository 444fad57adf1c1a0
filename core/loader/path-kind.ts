/** What is at a path of the disk: the one look that all of the loader shares. Host and members. */
import { statSync } from 'node:fs';

/** Links are followed. What cannot be looked at (no right, a file on the way) is absent, as for Node's own loader. */
export function pathKind(path: string): 'file' | 'folder' | 'absent' {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() === true) return 'file';
    return stats?.isDirectory() === true ? 'folder' : 'absent';
  } catch {
    return 'absent';
  }
}
