/** Whether a control request means the node of a name (protocol.md §9.1). Host; no I/O. */
import { ProtocolError } from '../kernel/errors.js';
import type { ControlAddress } from './control-request.js';

/** Longest pattern that is tried. */
const MAX_PATTERN_CHARS = 256;

/**
 * A quantified group that holds a quantifier or an alternative, `(a+)+`: on such a pattern a match can take for ever, and
 * the host that tries it would stand still.
 */
const CAN_BACKTRACK = /\([^()]*[*+?{|][^()]*\)[*+?{]/;

/** @throws ProtocolError for a pattern that cannot be tried. */
export function isAddressed({ destination, pattern, matcher }: ControlAddress, nodename: string): boolean {
  if (destination !== null && destination.includes(nodename)) return true;
  if (pattern !== null && matcher !== null) {
    if (pattern.length > MAX_PATTERN_CHARS) throw new ProtocolError('a pattern of node names is too long');
    return (matcher === 'glob' ? globToRegExp(pattern) : startRegExp(pattern)).test(nodename);
  }
  return destination === null;
}

/** `*`, `?` and `[…]` as in a shell, over the whole name. */
function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\[(!?)([^\]]+)\]|[*?]|[\\^$.|+(){}[\]]/g, (found, not: string, set: string) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    if (set === undefined) return `\\${found}`;
    return `[${not === '!' ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
  });
  return compile(`^${source}$`);
}

function startRegExp(pattern: string): RegExp {
  if (CAN_BACKTRACK.test(pattern))
    throw new ProtocolError(`the pattern ${JSON.stringify(pattern)} could take for ever`);
  return compile(`^(?:${pattern})`);
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source, 's');
  } catch (error) {
    throw new ProtocolError(`the pattern ${JSON.stringify(source)} is no regular expression`, { cause: error });
  }
}
