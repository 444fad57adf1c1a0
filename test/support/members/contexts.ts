/** Functions that leave a store of an AsyncLocalStorage behind, and one that looks what it finds; run inside members. */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { RunContext } from '../../../pools/thread/member/function-program.js';

const storage = new AsyncLocalStorage<unknown>();
// What Node 20 does not know it ignores: there the store without a value is undefined.
const withDefault = Reflect.construct(AsyncLocalStorage, [{ defaultValue: 'default' }]) as AsyncLocalStorage<unknown>;
const untouched = withDefault.getStore();

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The stores that a run finds before it has entered any. */
export function look(): unknown {
  return [storage.getStore(), withDefault.getStore() === untouched ? 'untouched' : withDefault.getStore()];
}

export async function lookLater(): Promise<unknown> {
  await turn();
  return look();
}

export function enter(store: unknown): unknown {
  storage.enterWith(store);
  withDefault.enterWith(store);
  return storage.getStore();
}

/** Enters from within another resource, whose own store must not become that of the loop. */
export function enterInside(store: unknown): unknown {
  const resource = storage.run('of the resource', () => new AsyncResource('test'));
  resource.runInAsyncScope(() => {
    storage.enterWith(store);
  });
  return storage.run(store, () => storage.getStore());
}

/** Enters in its synchronous part and awaits: what it finds after each await. */
export async function keep(store: unknown): Promise<unknown> {
  storage.enterWith(store);
  const found: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    await turn();
    found.push(storage.getStore());
  }
  return found;
}

/** Enters after an await, and ends in the same continuation. */
export async function enterLater(store: unknown): Promise<unknown> {
  await turn();
  const before = storage.getStore();
  storage.enterWith(store);
  withDefault.enterWith(store);
  await Promise.resolve();
  return [before, storage.getStore()];
}

/** Ends when its signal aborts, whose listener enters. */
export function enterOnAbort(store: unknown, { signal }: RunContext): Promise<unknown> {
  return new Promise((resolve) => {
    const enter = (): void => {
      storage.enterWith(store);
      resolve(store);
    };
    // On a busy machine the limit has passed before the run looks: then no event comes.
    if (signal.aborted) enter();
    else signal.addEventListener('abort', enter);
  });
}
