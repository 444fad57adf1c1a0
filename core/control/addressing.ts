/** Whether a control request means the node of a name (protocol.md §9.1). Host; no I/O. */
import { runInNewContext } from 'node:vm';
import { ProtocolError } from '../kernel/errors.js';
import type { ControlAddress } from './control-request.js';

/** Longest pattern that is tried. */
const MAX_PATTERN_CHARS = 256;

/**
 * Longest time that a match may take, ms. Of `((a+))+`, and of a hundred stars in a glob, no look at the pattern shows
 * surely enough that a match can take for ever, and the host that tries it would stand still. What is usual takes 1 ms.
 */
const MATCH_TIMEOUT_MS = 100;

/** @throws ProtocolError for a pattern that cannot be tried. */
export function isAddressed({ destination, pattern, matcher }: ControlAddress, nodename: string): boolean {
  if (destination !== null && destination.includes(nodename)) return true;
  if (pattern !== null && matcher !== null) {
    if (pattern.length > MAX_PATTERN_CHARS) throw new ProtocolError('a pattern of node names is too long');
    return matches(matcher === 'glob' ? globSource(pattern) : `^(?:${pattern})`, nodename);
  }
  return destination === null;
}

/** `*`, `?` and `[…]` as in a shell, over the whole name. */
function globSource(glob: string): string {
  const source = glob.replace(/\[(!?)([^\]]+)\]|[*?]|[\\^$.|+(){}[\]]/g, (found, not: string, set: string) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    if (set === undefined) return `\\${found}`;
    return `[${not === '!' ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
  });
  return `^${source}$`;
}

function matches(source: string, name: string): boolean {
  try {
    const script = "new RegExp(source, 's').test(name)";
    return runInNewContext(script, { source, name }, { timeout: MATCH_TIMEOUT_MS }) === true;
  } catch (error) {
    throw new ProtocolError(`the pattern ${JSON.stringify(source)} is no regular expression, or takes too long`, {
      cause: error,
    });
  }
}
