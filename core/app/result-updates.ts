/**
 * The states of one task as they come, through the outlet of this thread: told by the backend's push, or polled for. The
 * waits of `AsyncResult` and `ResultSet` are made of this. Client, host and member.
 */
import { TimeoutError } from '../kernel/errors.js';
import { READY_STATES } from '../kernel/states.js';
import { resultDigest } from '../task/result-digest.js';
import {
  DEFAULT_INTERVAL_MS,
  type GetOptions,
  type ResultLeaf,
  type ResultMeta,
  type ResultSource,
} from './result-node.js';

export type WaitOptions = Pick<GetOptions, 'timeoutMs' | 'intervalMs' | 'signal'>;

/**
 * Each state that differs from the one before, from the present one (unless it is PENDING) to the ready one. States that
 * follow each other faster than they can be read are passed over; a call that stores no result has none.
 * @throws TimeoutError; the signal's reason
 */
export async function* resultUpdates(
  leaf: ResultLeaf,
  source: ResultSource,
  options: WaitOptions,
): AsyncGenerator<ResultMeta, void, undefined> {
  if (leaf.ignored) return;
  if (leaf.settled !== null) {
    yield leaf.settled;
    return;
  }
  const { timeoutMs = null, signal = null, intervalMs = DEFAULT_INTERVAL_MS } = options;
  const endMs = timeoutMs === null ? null : source.clock.nowMonoMs() + timeoutMs;
  for (let unlike = ''; ;) {
    const leftMs = endMs === null ? null : Math.max(0, endMs - source.clock.nowMonoMs());
    const stored = await source.outlet.awaitResult(leaf.id, { timeoutMs: leftMs, signal, unlike, intervalMs });
    unlike = resultDigest(stored);
    yield leaf.absorb(stored);
    if (READY_STATES.has(stored.state)) return;
  }
}

/**
 * Resolves with the ready state.
 * @param options with `onMessage`: it is called with each state
 * @throws TimeoutError, at once when `timeoutMs` is 0 and the task is not ready; the signal's reason
 */
export function awaitReady(
  leaf: ResultLeaf,
  source: ResultSource,
  options: WaitOptions & Pick<GetOptions, 'onMessage'>,
): Promise<ResultMeta> {
  const { timeoutMs = null, signal = null, intervalMs = DEFAULT_INTERVAL_MS, onMessage } = options;
  if (leaf.settled !== null) return Promise.resolve(leaf.settled);
  if (timeoutMs === 0) return readNow(leaf, source);
  if (onMessage !== undefined) return awaitWith(onMessage, { leaf, source, options });
  // Not an async function: nearly every `get()` comes this way, and a promise less is felt.
  return source.outlet
    .awaitResult(leaf.id, { timeoutMs, signal, unlike: null, intervalMs })
    .then((stored) => leaf.absorb(stored));
}

async function awaitWith(
  onMessage: (meta: ResultMeta) => void,
  wait: { readonly leaf: ResultLeaf; readonly source: ResultSource; readonly options: WaitOptions },
): Promise<ResultMeta> {
  const { leaf, source, options } = wait;
  let last: ResultMeta | null = null;
  for await (const meta of resultUpdates(leaf, source, options)) onMessage((last = meta));
  return last ?? readNow(leaf, source);
}

async function readNow(leaf: ResultLeaf, source: ResultSource): Promise<ResultMeta> {
  const [stored = null] = await source.outlet.fetchResults([leaf.id]);
  const meta = leaf.absorb(stored);
  if (READY_STATES.has(meta.state)) return meta;
  throw new TimeoutError(`task ${leaf.id} is not ready: its state is ${meta.state}`);
}
