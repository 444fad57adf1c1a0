/**
 * What one run of a task has published: it gives the n-th child its id, which a repeat of the run gives again, and lets
 * the trace wait for confirms that the body did not await (design §4). Member thread.
 */
import { childTaskId, type TaskId } from '../kernel/ids.js';
import { ObservedPromise } from './observed-promise.js';

/** Number of the first child of an epilogue: what the body has published before it was ended has the ids from 0. */
export const FIRST_OF_EPILOGUE = 2 ** 31;

export class Publications {
  readonly #parentId: string;
  readonly #retries: number;
  readonly #pending = new Set<ObservedPromise<unknown>>();
  /** Publishes that have failed, most of them under the eyes of the body. */
  #failed: { readonly promise: ObservedPromise<unknown>; readonly error: Error }[] = [];
  readonly #children: string[] = [];
  #count: number;

  /** @param firstChild number of the first child. */
  constructor(parentId: string, retries: number, firstChild = 0) {
    this.#parentId = parentId;
    this.#retries = retries;
    this.#count = firstChild;
  }

  /** Ids of what was published, in order (the trail). */
  get children(): readonly string[] {
    return this.#children;
  }

  /** Whether `confirmed` has anything to wait for or to say. */
  get hasPending(): boolean {
    return this.#pending.size > 0 || this.#failed.length > 0;
  }

  /** Id of the next child; counts it even when the caller then gives an id of its own, so later ones keep theirs. */
  nextId(): TaskId {
    return childTaskId(this.#parentId, this.#retries, this.#count++);
  }

  addChild(id: string): void {
    this.#children.push(id);
  }

  /**
   * Notes a publish under way and gives the promise that the body gets. A rejection that the body never looks at ends
   * with the run, in `confirmed`, and not as an unhandled one that would end the member.
   */
  track<T>(sent: Promise<T>): Promise<T> {
    const promise = new ObservedPromise<T>((resolve) => {
      resolve(sent);
    });
    this.#pending.add(promise);
    void promise.ended().then((error) => {
      this.#pending.delete(promise);
      if (error !== null) this.#failed.push({ promise, error });
    });
    return promise;
  }

  /**
   * Resolves when all that is under way has ended.
   * @throws the first failure that the body has not looked at: the run did not do what it said.
   */
  async confirmed(): Promise<void> {
    for (const promise of this.#pending) await promise.ended();
    const unseen = this.#failed.find(({ promise }) => !promise.isObserved);
    this.#failed = [];
    if (unseen !== undefined) throw unseen.error;
  }
}
