/** Who the process is and what it may: `--umask`, `--gid`, `--uid` (CLI-15). Set before anything is opened. */
import { ConfigError } from '../core/kernel/errors.js';

export interface ProcessRights {
  /** Octal text. */
  readonly umask: string | null;
  /** Name or number. */
  readonly gid: string | null;
  /** Name or number. */
  readonly uid: string | null;
}

/** @throws ConfigError when the system refuses. */
export function takeRights({ umask, gid, uid }: ProcessRights): void {
  if (umask !== null) {
    if (!/^(0o?)?[0-7]{1,4}$/.test(umask)) throw new ConfigError(`--umask ${umask} is not octal, as 022`);
    process.umask(Number.parseInt(umask.replace('0o', ''), 8));
  }
  if (gid !== null) become('gid', gid, (id) => process.setgid?.(id));
  // Last: after it there is no right left to change anything.
  if (uid !== null) become('uid', uid, (id) => process.setuid?.(id));
}

function become(option: string, name: string, set: (id: string | number) => void): void {
  try {
    set(/^\d+$/.test(name) ? Number(name) : name);
  } catch (error) {
    throw new ConfigError(`--${option} ${name} is refused: ${(error as Error).message}`, { cause: error });
  }
}
