/** CPU work by count, never by clock: what a thread is preempted for must cost it time. Numbers come back as they are. */
export interface Spin {
  readonly iterations: number;
}

/** A chain of multiplications that nobody can leave out; answers its last link. */
export function spin(iterations: number): number {
  let state = 0x9e3779b9;
  for (let i = 0; i < iterations; i++) state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i) | 0;
  return state;
}

export default function spinOrEcho(value: number | Spin): number {
  return typeof value === 'number' ? value : spin(value.iterations);
}
