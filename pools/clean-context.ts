/**
 * Keeps the context of a loop that runs other people's code free of what that code leaves in it. `AsyncLocalStorage`'s
 * `enterWith` holds "for the rest of the synchronous execution": for a loop that runs one task after the other on one
 * stack, that would be the next task, and on Node 20, where the store is kept on the resource of the message that woke
 * the loop, every task of that thread from then on. `run()` ends by itself and needs nothing.
 *
 * Made once by a member before it loads any code of users. After code of users has returned to the loop, and before the
 * loop makes a promise or runs more of it: `if (context.isDirty) context.clean()`. What a task has created by then (its
 * promises, timers, sockets) keeps the context of the task. It looks at no resource and no async hook, so it costs a
 * member that never calls `enterWith` nothing, and holds for every way in which Node keeps its stores.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

type AnyStorage = AsyncLocalStorage<unknown>;
type EnterWith = (this: AnyStorage, store: unknown) => void;

export class CleanContext {
  /** `enterWith` was called since the last cleaning, here or in a callback of a task. */
  isDirty = false;
  /** Storages that were entered. */
  readonly #entered = new Set<AnyStorage>();
  /** Calls a function in the context in which this was made. */
  readonly #inside = AsyncLocalStorage.snapshot();
  readonly #enterWith: EnterWith;

  constructor() {
    const enterWith = Reflect.get(AsyncLocalStorage.prototype, 'enterWith') as EnterWith;
    this.#enterWith = enterWith;
    const note = (storage: AnyStorage): void => {
      this.isDirty = true;
      this.#entered.add(storage);
    };
    Object.defineProperty(AsyncLocalStorage.prototype, 'enterWith', {
      value: function (this: AnyStorage, store: unknown): void {
        note(this);
        enterWith.call(this, store);
      },
      configurable: true,
      writable: true,
    });
  }

  /** Gives every storage that was entered the store it had when this was made: none, or its default. */
  clean(): void {
    this.isDirty = false;
    for (const storage of this.#entered) {
      const store = this.#inside(() => storage.getStore());
      if (storage.getStore() !== store) this.#enterWith.call(storage, store);
    }
    this.#entered.clear();
  }
}
