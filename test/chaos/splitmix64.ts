/** splitmix64 (Steele, Lea, Flood 2014): one seed, one sequence, the same on every machine. The source of every schedule. */
const MASK = (1n << 64n) - 1n;

export class SplitMix64 {
  #state: bigint;

  constructor(seed: bigint | number) {
    this.#state = BigInt(seed) & MASK;
  }

  next(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Number(this.next() % BigInt(limit));
  }

  /** A new array in random order. */
  shuffled<T>(items: readonly T[]): readonly T[] {
    const left = [...items];
    const result: T[] = [];
    while (left.length > 0) result.push(...left.splice(this.below(left.length), 1));
    return result;
  }
}
