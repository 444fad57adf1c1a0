/**
 * A short name for what a stored result says, by which a waiter tells a new state from the one it has seen. Made where
 * results are awaited: client, host and member; nothing is stored under it.
 */
import { createHash } from 'node:crypto';
import type { StoredResult } from '../ports/backend.js';

/** Not reversible and never empty. */
export function resultDigest({ state, document }: StoredResult): string {
  return createHash('sha1').update(state).update('\n').update(document).digest('base64');
}
