/**
 * Short ASCII texts that a decoder has read before, by their hash, so that they are not made anew. A text that
 * hashes to the place of another takes it. Host and members, each decoder its own.
 */

/** Longer ones come less often again, and to hash them costs more. */
const MAX_CHARS = 24;

export class TextCache {
  readonly #texts: string[];
  readonly #mask: number;

  /** @param size a power of two */
  constructor(size: number) {
    this.#texts = new Array<string>(size).fill('');
    this.#mask = size - 1;
  }

  /** The text of `bytes[at, at + length)`. */
  read(bytes: Buffer, at: number, length: number): string {
    if (length > MAX_CHARS) return bytes.toString('latin1', at, at + length);
    let hash = length;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + bytes[at + i]!) | 0;
    const index = hash & this.#mask;
    const cached = this.#texts[index]!;
    if (isTextAt(cached, bytes, at, length)) return cached;
    return (this.#texts[index] = bytes.toString('latin1', at, at + length));
  }
}

function isTextAt(text: string, bytes: Buffer, at: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}
