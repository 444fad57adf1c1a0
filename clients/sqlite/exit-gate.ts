/**
 * Keeps the end of the process from falling into a call of libsql: when Node ends a thread while a native call of it is
 * about to throw (a busy file), libsql panics and takes the process down with SIGABRT, although all that was asked for
 * is done. The I/O thread passes the gate for whatever it does; the host shuts it as it exits and waits, bounded, until
 * nobody is inside. Two words of shared memory, written by one side each:
 *
 *     [ isInside: thread, isShut: host ]
 *
 * Each side writes its own word before it reads the other's, so never do both go on (Dekker). A lost wake-up costs the
 * bound, once, at exit.
 */
const INSIDE = 0;
const SHUT = 1;

export class ExitGate {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  /** @param shared of the gate that the host has made; a new one for the host. */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** I/O thread: does `work`, unless the gate is shut; then the process is about to end and nobody would hear of it. */
  pass(work: () => void): void {
    Atomics.store(this.#words, INSIDE, 1);
    try {
      if (Atomics.load(this.#words, SHUT) === 0) work();
    } finally {
      Atomics.store(this.#words, INSIDE, 0);
      Atomics.notify(this.#words, INSIDE);
    }
  }

  /** Host, in the process's `exit` event only, since it blocks: shuts the gate and waits until the thread is outside. */
  shut(timeoutMs: number): void {
    Atomics.store(this.#words, SHUT, 1);
    Atomics.wait(this.#words, INSIDE, 1, timeoutMs);
  }
}
