/**
 * Who may pass now: at most one holder of an ordering key, at most `limit` holders of a cap. Host thread; it knows passes
 * and labels, neither jobs nor pools. Everything is O(1).
 *
 *     enter ──► queue of the key ──► queue of the cap ──► may pass ──► leave
 *
 * A pass takes its key first and then its cap, always in this order, so nobody waits in a circle. Who waits for a cap has
 * its key already: that holds up only those of the same key, which could not run before it anyway. So a key that waits
 * never keeps others of the same cap from passing.
 */

/** A label that no more than `limit` passes hold at once. */
export interface Label {
  readonly name: string;
  readonly limit: number;
}

/** What stands at the turnstile. Whoever waits stands in exactly one queue. */
export class Pass {
  /** An ordering key is a label of limit 1. */
  readonly key: string | null;
  readonly cap: Label | null;
  /** In whose queue it waits; null when it does not. */
  queue: PassQueue | null = null;
  previous: Pass | null = null;
  next: Pass | null = null;
  /** What it holds. */
  holdsKey = false;
  holdsCap = false;

  constructor(key: string | null, cap: Label | null) {
    this.key = key;
    this.cap = cap;
  }
}

/** First in, first out, and out of the middle. */
export class PassQueue {
  first: Pass | null = null;
  #last: Pass | null = null;

  push(pass: Pass): void {
    pass.queue = this;
    pass.previous = this.#last;
    pass.next = null;
    if (this.#last === null) this.first = pass;
    else this.#last.next = pass;
    this.#last = pass;
  }

  remove(pass: Pass): void {
    if (pass.previous === null) this.first = pass.next;
    else pass.previous.next = pass.next;
    if (pass.next === null) this.#last = pass.previous;
    else pass.next.previous = pass.previous;
    pass.previous = null;
    pass.next = null;
    pass.queue = null;
  }
}

class Gate extends PassQueue {
  held = 0;
  limit: number;

  constructor(limit: number) {
    super();
    this.limit = limit;
  }
}

export class Turnstile<P extends Pass> {
  readonly #keys = new Map<string, Gate>();
  readonly #caps = new Map<string, Gate>();
  readonly #onPass: (pass: P) => void;

  /** @param onPass a pass that had to wait may pass now; called within `leave` and `enter` */
  constructor(onPass: (pass: P) => void) {
    this.#onPass = onPass;
  }

  /** Labels that somebody holds or waits for. */
  get labelCount(): number {
    return this.#keys.size + this.#caps.size;
  }

  /** True when it may pass at once; otherwise `onPass` follows. */
  enter(pass: P): boolean {
    // Somebody changed the limit: those who wait may pass before this one.
    const gate = pass.cap === null ? undefined : this.#caps.get(pass.cap.name);
    if (gate !== undefined && pass.cap !== null && gate.limit !== pass.cap.limit) {
      gate.limit = pass.cap.limit;
      this.#letIn(gate, 'cap');
    }
    return this.#take(pass, 'key') && this.#take(pass, 'cap');
  }

  /** It has ended, or will never pass: frees what it holds and lets those behind it pass. */
  leave(pass: Pass): void {
    pass.queue?.remove(pass);
    if (pass.holdsCap && pass.cap !== null) this.#release(pass, 'cap', pass.cap.name);
    else if (pass.cap !== null) this.#forgetIfEmpty(this.#caps, pass.cap.name);
    if (pass.holdsKey && pass.key !== null) this.#release(pass, 'key', pass.key);
  }

  #take(pass: Pass, stage: 'key' | 'cap'): boolean {
    const name = stage === 'key' ? pass.key : (pass.cap?.name ?? null);
    if (name === null) return true;
    const gates = stage === 'key' ? this.#keys : this.#caps;
    let gate = gates.get(name);
    if (gate === undefined) {
      gate = new Gate(stage === 'key' ? 1 : (pass.cap?.limit ?? 1));
      gates.set(name, gate);
    }
    if (gate.held >= gate.limit) {
      gate.push(pass);
      return false;
    }
    hold(gate, pass, stage);
    return true;
  }

  #release(pass: Pass, stage: 'key' | 'cap', name: string): void {
    if (stage === 'key') pass.holdsKey = false;
    else pass.holdsCap = false;
    const gates = stage === 'key' ? this.#keys : this.#caps;
    const gate = gates.get(name);
    if (gate === undefined) return;
    gate.held--;
    this.#letIn(gate, stage);
    this.#forgetIfEmpty(gates, name);
  }

  #letIn(gate: Gate, stage: 'key' | 'cap'): void {
    for (let pass = gate.first; pass !== null && gate.held < gate.limit; pass = gate.first) {
      gate.remove(pass);
      hold(gate, pass, stage);
      if (stage === 'cap' || this.#take(pass, 'cap')) this.#onPass(pass as P);
    }
  }

  #forgetIfEmpty(gates: Map<string, Gate>, name: string): void {
    const gate = gates.get(name);
    if (gate?.held === 0 && gate.first === null) gates.delete(name);
  }
}

function hold(gate: Gate, pass: Pass, stage: 'key' | 'cap'): void {
  gate.held++;
  if (stage === 'key') pass.holdsKey = true;
  else pass.holdsCap = true;
}
