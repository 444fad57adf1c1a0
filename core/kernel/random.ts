/** Randomness as a port of the core: `Math.random` is forbidden by lint there, so that a simulation can be replayed. */
import { randomFillSync } from 'node:crypto';

export interface Random {
  /** Fills `target` with random bytes. */
  fill(target: Uint8Array): void;
  /** Uniform in [0, 1). */
  float(): number;
}

export const systemRandom: Random = {
  fill: (target) => {
    randomFillSync(target);
  },
  float: () => Math.random(),
};

/** A repeatable source (splitmix32) for simulations and property tests. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return {
    fill: (target) => {
      for (let i = 0; i < target.length; i++) target[i] = next() & 0xff;
    },
    float: () => next() / 2 ** 32,
  };
}
