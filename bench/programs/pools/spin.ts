/** CPU work by count, never by clock: what a thread is preempted for must cost it time. Numbers come back as they are. */
export interface Spin {
  readonly iterations: number;
}

/**
 * One long loop would have to be replaced by its optimized code while it runs (OSR), which V8 in one thread of several
 * does seconds late; a function that is called often gets its own the usual way.
 */
const BLOCK = 1_000;

/** A chain of multiplications that nobody can leave out; answers its last link. */
export function spin(iterations: number): number {
  let state = 0x9e3779b9 | 0;
  for (let from = 0; from < iterations; from += BLOCK) {
    state = spinBlock(state, from, Math.min(from + BLOCK, iterations));
  }
  return state;
}

function spinBlock(first: number, from: number, to: number): number {
  let state = first;
  for (let i = from; i < to; i++) state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i) | 0;
  return state;
}

export default function spinOrEcho(value: number | Spin): number {
  return typeof value === 'number' ? value : spin(value.iterations);
}
