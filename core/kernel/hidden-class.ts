/**
 * Code that V8 has optimized knows the hidden classes of the objects it works on, and is thrown away when a garbage
 * collection finds the last object of one of them gone. An idle process collects its heap: the burst that comes next
 * would run unoptimized and be compiled again, 50 ms of CPU for a pool (docs/decisions/0024-optimized-code.md).
 */
const specimens: object[] = [];

/** Keeps an object for good, and with it the hidden class and what was optimized for it. One per class, of little weight. */
export function keepHiddenClass(specimen: object): void {
  specimens.push(specimen);
}
