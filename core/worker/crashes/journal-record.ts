/**
 * Layout of the in-flight journal: what a process had given to its members when it died (reliability W8, T5, T7). Written
 * by `run-journal.ts`, read by whoever survives. One record of 128 bytes a slot, little endian:
 *
 *      0       1        2         3       4          8              16                    128
 *      | state | id len | name len| check | 0 0 0 0  | since (f64)  | id, name (UTF-8) …   |
 *
 * `state` 0 free, 1 given to the pool, 2 seen to run; `since` in epoch ms; `check` is the sum of the two lengths and
 * 0xa5. A writer that dies has written whole records or none (one pwrite), but the reader believes nothing.
 */

export const RECORD_BYTES = 128;
const TEXT_START = 16;
const MAX_TEXT_BYTES = RECORD_BYTES - TEXT_START;
/** A UUID has 36. A longer id is cut: it is named, and not recognised when it comes again. */
const MAX_ID_BYTES = 80;
const SALT = 0xa5;

const FREE = 0;
const GIVEN = 1;
const RUNNING = 2;

/** A task that a member may have been running. */
export interface JournalEntry {
  readonly id: string;
  readonly name: string;
  /** It was seen to run; otherwise it may have run, or waited in a lane. */
  readonly isRunning: boolean;
  /** Since when it ran, or else when it was given to the pool; epoch ms. */
  readonly sinceEpochMs: number;
}

/**
 * Writes a text; answers its bytes. Ids and names are nearly always short and ASCII: a loop takes half the time of a call
 * into the runtime, and this runs for each task.
 */
function writeText(image: Buffer, text: string, start: number, maxBytes: number): number {
  const length = text.length;
  if (length > maxBytes) return image.write(text, start, maxBytes);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return image.write(text, start, maxBytes);
    image[start + i] = code;
  }
  return length;
}

/** A request was given to the pool. Texts that are too long are cut at a character. */
export function writeGiven(
  image: Buffer,
  slot: number,
  task: Pick<JournalEntry, 'id' | 'name' | 'sinceEpochMs'>,
): void {
  const start = slot * RECORD_BYTES;
  const idBytes = writeText(image, task.id, start + TEXT_START, MAX_ID_BYTES);
  const nameBytes = writeText(image, task.name, start + TEXT_START + idBytes, MAX_TEXT_BYTES - idBytes);
  image[start] = GIVEN;
  image[start + 1] = idBytes;
  image[start + 2] = nameBytes;
  image[start + 3] = (idBytes + nameBytes + SALT) & 0xff;
  image.writeDoubleLE(task.sinceEpochMs, start + 8);
}

/** It was seen to run. */
export function writeRunning(image: Buffer, slot: number, sinceEpochMs: number): void {
  const start = slot * RECORD_BYTES;
  image[start] = RUNNING;
  image.writeDoubleLE(sinceEpochMs, start + 8);
}

export function writeFree(image: Buffer, slot: number): void {
  image[slot * RECORD_BYTES] = FREE;
}

/** What is readable of a journal; whatever else stands there is passed over. */
export function readJournal(bytes: Uint8Array): readonly JournalEntry[] {
  const image = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: JournalEntry[] = [];
  for (let start = 0; start + RECORD_BYTES <= image.length; start += RECORD_BYTES) {
    const entry = readRecord(image, start);
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

function readRecord(image: Buffer, start: number): JournalEntry | null {
  const [state = FREE, idBytes = 0, nameBytes = 0, check = 0] = image.subarray(start, start + 4);
  if ((state !== GIVEN && state !== RUNNING) || check !== ((idBytes + nameBytes + SALT) & 0xff)) return null;
  if (idBytes === 0 || idBytes + nameBytes > MAX_TEXT_BYTES) return null;
  const text = start + TEXT_START;
  return {
    id: image.toString('utf8', text, text + idBytes),
    name: image.toString('utf8', text + idBytes, text + idBytes + nameBytes),
    isRunning: state === RUNNING,
    sinceEpochMs: image.readDoubleLE(start + 8),
  };
}
