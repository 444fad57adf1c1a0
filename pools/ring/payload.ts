/**
 * Copying text and bytes into and out of a ring. Both sides use it, so that they agree. Short copies run in a loop:
 * below 64 bytes `TypedArray.set` with its `subarray` costs more than the bytes.
 */

const LOOP_BYTES = 64;
const LOOP_CHARS = 24;

/** Copies `source[start, end)` to `target` at `at`. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  const length = end - start;
  if (length < LOOP_BYTES) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
  } else if (length === source.length) target.set(source, at);
  else target.set(source.subarray(start, end), at);
}

/** Upper bound of the bytes that `writeText` needs. */
export function maxTextBytes(text: string): number {
  return text.length * 3;
}

/** Writes UTF-8 at `at` and answers the number of bytes; equal to `text.length` exactly when the text is ASCII. */
export function writeText(target: Buffer, at: number, text: string): number {
  if (text.length > LOOP_CHARS) return target.write(text, at, 'utf8');
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return target.write(text, at, 'utf8');
    target[at + i] = code;
  }
  return text.length;
}

export function readText(source: Buffer, start: number, end: number, isAscii: boolean): string {
  if (start === end) return '';
  return source.toString(isAscii ? 'latin1' : 'utf8', start, end);
}
