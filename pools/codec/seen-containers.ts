/**
 * The arrays and objects of one value, to find what is in it twice: the plain form has no references. A few are compared
 * one by one, which is cheaper than a Set; thousands are not. Both sides of the codec's writer; one value at a time.
 */

/** From so many on a Set is faster. */
const LISTED = 24;

export class SeenContainers {
  readonly #list: object[] = [];
  #set: Set<object> | null = null;

  get size(): number {
    return this.#set === null ? this.#list.length : this.#set.size;
  }

  /** False when it was there already. */
  add(container: object): boolean {
    const set = this.#set;
    if (set !== null) {
      const { size } = set;
      return set.add(container).size > size;
    }
    const list = this.#list;
    for (let i = 0; i < list.length; i++) if (list[i] === container) return false;
    if (list.push(container) === LISTED) this.#set = new Set(list);
    return true;
  }

  /** Keeps nothing of the value alive. */
  clear(): void {
    if (this.#list.length > 0) this.#list.length = 0;
    this.#set = null;
  }
}
