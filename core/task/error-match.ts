/** Whether an error is one of those that an option names: by class, or by the name of a class (RETRY-20, TASK-20). Member thread. */
import type { ErrorMatch } from './task-options.js';

export function matchesAny(error: unknown, matches: readonly ErrorMatch[]): boolean {
  if (matches.length === 0 || !(error instanceof Error)) return false;
  return matches.some((match) => (typeof match === 'string' ? hasClassNamed(error, match) : error instanceof match));
}

/** An error renamed in place counts under that name too: many libraries do not subclass. */
function hasClassNamed(error: Error, name: string): boolean {
  if (error.name === name) return true;
  for (let type: unknown = error; type !== null; type = Object.getPrototypeOf(type)) {
    const { constructor } = type as { readonly constructor?: unknown };
    if (typeof constructor === 'function' && constructor.name === name) return true;
  }
  return false;
}
