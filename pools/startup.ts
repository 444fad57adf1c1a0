/** The first READY of every place: resolves with the manifests, or rejects with why a member could not start. */
import type { Clock, TimerHandle } from '../core/kernel/clock.js';
import { PoolError } from '../core/kernel/errors.js';
import type { MemberInfo } from '../core/ports/pool.js';

export class Startup {
  readonly #clock: Clock;
  readonly #manifests = new Map<number, unknown>();
  #expected = 0;
  #settle: {
    readonly resolve: (manifests: readonly unknown[]) => void;
    readonly reject: (error: Error) => void;
  } | null = null;
  #deadline: TimerHandle | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(expected: number, timeoutMs: number): Promise<readonly unknown[]> {
    this.#expected = expected;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#deadline = this.#clock.after(timeoutMs, () => {
        const ready = `${String(this.#manifests.size)} of ${String(this.#expected)} members are ready`;
        this.fail(new PoolError(`the pool did not start within ${String(timeoutMs)} ms: ${ready}`));
      });
    });
  }

  /** The pool has another size now. */
  resize(expected: number): void {
    this.#expected = expected;
    for (const index of [...this.#manifests.keys()]) if (index >= expected) this.#manifests.delete(index);
    this.#resolveIfComplete();
  }

  ready(member: MemberInfo, manifest: unknown): void {
    if (member.index < this.#expected) this.#manifests.set(member.index, manifest);
    this.#resolveIfComplete();
  }

  #resolveIfComplete(): void {
    if (this.#settle === null || this.#manifests.size < this.#expected) return;
    const inOrder = [...this.#manifests].sort(([a], [b]) => a - b).map(([, each]) => each);
    this.#settle.resolve(inOrder);
    this.#end();
  }

  /** Answers whether the pool was still starting. */
  fail(error: Error): boolean {
    if (this.#settle === null) return false;
    this.#settle.reject(error);
    this.#end();
    return true;
  }

  #end(): void {
    this.#settle = null;
    this.#manifests.clear();
    this.#deadline?.cancel();
  }
}
