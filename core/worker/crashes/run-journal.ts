/**
 * The in-flight journal of one process: a small file that names what its members may be running, so that somebody can say
 * so when the process is gone (a native fault, a heap abort). Changes are made in an image in memory; `flush()` writes
 * what changed with one pwrite. A written page survives the process, not the machine, and needs no sync. Host thread.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { RECORD_BYTES, readJournal, writeFree, writeGiven, writeRunning, type JournalEntry } from './journal-record.js';

const FIRST_SLOTS = 64;
/** 512 KiB; a pool that holds more than this has tasks too short to be worth a name. */
const MAX_SLOTS = 4_096;

/** Slot of what was not written down. */
export const NO_SLOT = -1;

export class RunJournal {
  readonly #fd: number;
  #image = Buffer.alloc(FIRST_SLOTS * RECORD_BYTES);
  /** Free slots; the one used last is used next, so that few pages change. */
  readonly #free: number[] = slotsDown(0, FIRST_SLOTS);
  #dirtyStart = Infinity;
  #dirtyEnd = 0;
  #isOpen = true;

  /** Starts empty. @throws the error of the file system */
  constructor(path: string) {
    // Names of tasks are nobody else's business.
    this.#fd = openSync(path, 'w', 0o600);
  }

  /** The slot of a request that is about to be given to the pool; `NO_SLOT` when too many are. Not written yet. */
  enter(task: Pick<JournalEntry, 'id' | 'name' | 'sinceEpochMs'>): number {
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop();
    if (slot === undefined) return NO_SLOT;
    writeGiven(this.#image, slot, task);
    this.#touch(slot);
    return slot;
  }

  /** It was seen to run. */
  run(slot: number, sinceEpochMs: number): void {
    if (slot === NO_SLOT) return;
    writeRunning(this.#image, slot, sinceEpochMs);
    this.#touch(slot);
  }

  leave(slot: number): void {
    if (slot === NO_SLOT) return;
    writeFree(this.#image, slot);
    this.#touch(slot);
    this.#free.push(slot);
  }

  /** Writes what has changed. @throws the error of the file system */
  flush(): void {
    if (this.#dirtyEnd === 0 || !this.#isOpen) return;
    const start = this.#dirtyStart;
    const bytes = this.#dirtyEnd - start;
    this.#dirtyStart = Infinity;
    this.#dirtyEnd = 0;
    writeSync(this.#fd, this.#image, start, bytes, start);
  }

  /** Nothing is written from here on. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }

  #touch(slot: number): void {
    const start = slot * RECORD_BYTES;
    if (start < this.#dirtyStart) this.#dirtyStart = start;
    if (start + RECORD_BYTES > this.#dirtyEnd) this.#dirtyEnd = start + RECORD_BYTES;
  }

  #grow(): void {
    const slots = this.#image.length / RECORD_BYTES;
    if (slots >= MAX_SLOTS) return;
    const image = Buffer.alloc(2 * this.#image.length);
    this.#image.copy(image);
    this.#image = image;
    this.#free.push(...slotsDown(slots, 2 * slots));
  }
}

/** What a process that is gone had given to its members; nothing where there is no journal. */
export function readJournalFile(path: string): readonly JournalEntry[] {
  try {
    return readJournal(readFileSync(path));
  } catch {
    return [];
  }
}

/** From `to - 1` down to `from`: the lowest is taken first. */
function slotsDown(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => to - 1 - i);
}
