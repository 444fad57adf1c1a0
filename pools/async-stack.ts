/**
 * Node's stack of async ids after V8 has ended code in its tracks. `AsyncResource.runInAsyncScope` pops in a `finally`
 * that then never runs; when the callback around it closes, Node finds another id on top and aborts the *process*, all
 * threads of it. Two answers, both measured on Node 20.20 and 26.10 (docs/decisions/0015): the stack is emptied after the
 * strike, and while guarded code runs a mismatch is no reason to abort. Thread of a member; called by `guard.ts`.
 */

import { AsyncLocalStorage } from 'node:async_hooks';

/** Node's own handler of uncaught errors: C++ looks it up under this name, so that it stands in every version. */
type FatalException = (error: unknown, fromPromise: boolean) => boolean;

/** Last version whose AsyncLocalStorage turns async hooks on, which undoes `--no-force-async-hooks-checks`. */
const LAST_WITH_HOOKED_STORAGE = 23;
/** Last version that bears a storage in use while guarded code is struck inside the http parser; 22 ends there. */
const LAST_WITH_EARLY_STORAGE = 21;

const MAJOR = Number.parseInt(process.versions.node, 10);

/**
 * Empties the stack as Node does after an uncaught error that somebody has handled. `AsyncLocalStorage` is where a new
 * macrotask would have it, so the caller enters its context again.
 * @returns false when this Node has no such way: nothing more may run here.
 */
export function unwindAsyncStack(error: Error): boolean {
  const fatalException = Reflect.get(process, '_fatalException') as FatalException | undefined;
  if (typeof fatalException !== 'function') return false;
  // A callback of the user's would take the error for one of his own. The member ends soon: he misses nothing.
  if (process.hasUncaughtExceptionCaptureCallback()) process.setUncaughtExceptionCaptureCallback(null);
  process.setUncaughtExceptionCaptureCallback(() => undefined);
  try {
    return fatalException.call(process, error, false);
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
}

/** Turns Node's check of the stack off and on again, around guarded code. */
export class AsyncStackCheck {
  /** In use for good: the first one that a thread uses turns the check on, which must not happen inside guarded code. */
  readonly #storage = new AsyncLocalStorage<null>();
  readonly #fields: Uint32Array | null;
  readonly #index: number;
  #before = 0;

  constructor() {
    const { fields, index } = checkField();
    this.#fields = fields;
    this.#index = index;
    if (MAJOR <= LAST_WITH_EARLY_STORAGE) this.#storage.run(null, () => undefined);
  }

  suspend(): void {
    if (this.#fields === null) return;
    this.#before = this.#fields[this.#index] ?? 0;
    this.#fields[this.#index] = 0;
  }

  /** Added, not set: hooks that were enabled meanwhile have counted themselves. */
  resume(): void {
    if (this.#fields !== null) this.#fields[this.#index] = (this.#fields[this.#index] ?? 0) + this.#before;
  }
}

interface AsyncWrapBinding {
  readonly async_hook_fields?: unknown;
  readonly constants?: { readonly kCheck?: unknown };
}

/** Only where the option of the thread is not enough: later versions have no such binding. */
function checkField(): { readonly fields: Uint32Array | null; readonly index: number } {
  const none = { fields: null, index: 0 };
  if (MAJOR > LAST_WITH_HOOKED_STORAGE) return none;
  const binding = Reflect.get(process, 'binding') as ((name: string) => AsyncWrapBinding) | undefined;
  const isQuiet = process.noDeprecation;
  // Else each member would print a warning that its user can do nothing about.
  process.noDeprecation = true;
  try {
    const wrap = binding?.call(process, 'async_wrap');
    const index = wrap?.constants?.kCheck;
    if (!(wrap?.async_hook_fields instanceof Uint32Array) || typeof index !== 'number') return none;
    return { fields: wrap.async_hook_fields, index };
  } catch {
    return none;
  } finally {
    process.noDeprecation = isQuiet ?? false;
  }
}
