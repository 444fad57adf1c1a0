/**
 * Many results in the order in which they become ready: what is there by one read, the rest by push, all under one
 * deadline (RES-22, RES-23). Client, host and member.
 */
import { setMaxListeners } from 'node:events';
import { TerminatedError, TimeoutError } from '../kernel/errors.js';
import type { GetOptions, ResultLeaf, ResultMeta, ResultSource } from './result-node.js';
import { awaitReady, type WaitOptions } from './result-updates.js';

/** Something that is ready when its tasks are. */
interface Awaited {
  leaves(): readonly ResultLeaf[];
}

/** What is known of each task, in order; those that are not known to be ready are read in one go. */
export async function readLeaves(leaves: readonly ResultLeaf[], source: ResultSource): Promise<readonly ResultMeta[]> {
  const open = leaves.filter(({ settled }) => settled === null).map(({ id }) => id);
  const found = open.length === 0 ? [] : await source.outlet.fetchResults(open);
  const byId = new Map(open.map((id, i) => [id, found[i] ?? null]));
  return leaves.map((leaf) => leaf.settled ?? leaf.absorb(byId.get(leaf.id) ?? null));
}

/**
 * Yields each of `nodes` once, when it is ready; ends all waits when the caller leaves the loop.
 * @throws TimeoutError, after what is ready; the signal's reason
 */
export async function* resultArrivals<N extends Awaited>(
  nodes: readonly N[],
  source: ResultSource,
  options: WaitOptions & Pick<GetOptions, 'onMessage'>,
): AsyncGenerator<N, void, undefined> {
  const { timeoutMs = null } = options;
  const end = new AbortController();
  const timer =
    timeoutMs === null
      ? null
      : source.clock.after(timeoutMs, () => {
          end.abort(
            new TimeoutError(`results of ${String(nodes.length)} tasks took longer than ${timeoutMs.toFixed(0)} ms`),
          );
        });
  const signal = options.signal === undefined ? end.signal : AbortSignal.any([options.signal, end.signal]);
  // Each wait listens to it: ten thousand of them are no leak.
  setMaxListeners(0, signal);
  const queue = new ArrivalQueue<N>();
  try {
    if (options.onMessage === undefined) {
      const leaves = nodes.flatMap((node) => node.leaves());
      await beforeAbort(readLeaves(leaves, source), signal);
    }
    for (const node of nodes) queue.expect(node, waitForAll(node, source, { ...options, timeoutMs: null, signal }));
    for (let left = nodes.length; left > 0; left--) yield await queue.next();
  } finally {
    timer?.cancel();
    end.abort(new TerminatedError('the results are not waited for any more'));
  }
}

/** As `work`, unless the signal comes first: a backend that is tried again and again must not outlast the deadline. */
function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/** null when all are ready: no promise has to be waited for. */
function waitForAll(
  node: Awaited,
  source: ResultSource,
  options: WaitOptions & Pick<GetOptions, 'onMessage'>,
): Promise<unknown> | null {
  const open = node.leaves().filter(({ settled, ignored }) => settled === null && !ignored);
  if (open.length === 0) return null;
  return Promise.all(open.map((leaf) => awaitReady(leaf, source, options)));
}

/** What has arrived and was not taken. A failure is told when nothing else is left. */
class ArrivalQueue<N> {
  readonly #arrived: N[] = [];
  #failure: Error | null = null;
  #wake: () => void = () => undefined;

  expect(node: N, ready: Promise<unknown> | null): void {
    if (ready === null) {
      this.#arrived.push(node);
      return;
    }
    ready.then(
      () => {
        this.#arrived.push(node);
        this.#wake();
      },
      (error: unknown) => {
        this.#failure ??= error as Error;
        this.#wake();
      },
    );
  }

  async next(): Promise<N> {
    for (;;) {
      const node = this.#arrived.shift();
      if (node !== undefined) return node;
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
