/**
 * Who is to hear of which AbortSignal: one listener a signal, however many follow it. A listener for each of ten thousand
 * runs under one signal would cost a walk over all of them for every one that is added. Host thread.
 */
export class SignalWatch<F> {
  readonly #followers = new Map<AbortSignal, { readonly all: Set<F>; readonly listener: () => void }>();
  readonly #onAbort: (followers: ReadonlySet<F>, reason: unknown) => void;

  /** @param onAbort called once for all followers of a signal, which are forgotten by then */
  constructor(onAbort: (followers: ReadonlySet<F>, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  follow(signal: AbortSignal, follower: F): void {
    const known = this.#followers.get(signal);
    if (known !== undefined) {
      known.all.add(follower);
      return;
    }
    const all = new Set([follower]);
    const listener = (): void => {
      this.#followers.delete(signal);
      this.#onAbort(all, signal.reason);
    };
    this.#followers.set(signal, { all, listener });
    signal.addEventListener('abort', listener, { once: true });
  }

  unfollow(signal: AbortSignal, follower: F): void {
    const known = this.#followers.get(signal);
    if (known?.all.delete(follower) !== true || known.all.size > 0) return;
    this.#followers.delete(signal);
    signal.removeEventListener('abort', known.listener);
  }
}
