/**
 * What one run of a task has published: it gives the n-th child its id, which a repeat of the run gives again, and lets
 * the trace wait for confirms that the body did not await (design §4).
 */
import { childTaskId, type TaskId } from '../kernel/ids.js';

export class Publications {
  readonly #parentId: string;
  readonly #retries: number;
  readonly #pending = new Set<Promise<void>>();
  readonly #children: string[] = [];
  #count = 0;

  constructor(parentId: string, retries: number) {
    this.#parentId = parentId;
    this.#retries = retries;
  }

  /** Ids of what was published, in order (the trail). */
  get children(): readonly string[] {
    return this.#children;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Id of the next child; counts it even when the caller then gives an id of its own, so later ones keep theirs. */
  nextId(): TaskId {
    return childTaskId(this.#parentId, this.#retries, this.#count++);
  }

  /** Notes a publish under way. Its rejection reaches whoever awaits `confirm` itself. */
  track(childId: string, confirm: Promise<void>): void {
    this.#children.push(childId);
    this.#pending.add(confirm);
    const done = (): void => {
      this.#pending.delete(confirm);
    };
    confirm.then(done, done);
  }

  /** Resolves when all that is under way is confirmed. @throws the first failure: the run did not do what it said. */
  async confirmed(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
