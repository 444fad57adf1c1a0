/**
 * Reads the disk for one compilation and remembers what it saw: contents, kinds and absences. The list goes into the
 * manifest; a later start compares it with the disk and knows, without resolving or compiling anything, whether the
 * same result would come out. Runs on the host; nothing may be read past it while a graph is compiled.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { pathKind } from './path-kind.js';

/** A path and what was there: `#` + digest of its text, `file`, `folder:` + real path, or `absent`. */
export type Sighting = readonly [path: string, seen: string];

export class FileWitness {
  readonly #seen = new Map<string, string>();

  /** The text of a file, null when there is none. */
  readText(path: string): string | null {
    const text = readOrNull(path);
    this.#seen.set(path, text === null ? kindOf(path) : digestOf(text));
    return text;
  }

  isFile(path: string): boolean {
    return this.#note(path, kindOf(path)) === 'file';
  }

  isFolder(path: string): boolean {
    return this.#note(path, kindOf(path)).startsWith('folder:');
  }

  /** Everything seen so far, in the order of the first look. */
  sightings(): readonly Sighting[] {
    return [...this.#seen];
  }

  #note(path: string, kind: string): string {
    // A digest says more than a kind: it must not be overwritten by a later look at the same file.
    if (this.#seen.get(path)?.startsWith('#') !== true) this.#seen.set(path, kind);
    return kind;
  }
}

/** Whether the disk still shows what was seen. */
export function stillHolds([path, seen]: Sighting): boolean {
  if (!seen.startsWith('#')) return kindOf(path) === seen;
  const text = readOrNull(path);
  return text !== null && digestOf(text) === seen;
}

/** Of a folder the real path as well: a link of a package manager may come to lead elsewhere. */
function kindOf(path: string): string {
  const kind = pathKind(path);
  return kind === 'folder' ? `folder:${realpathSync(path)}` : kind;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function digestOf(text: string): string {
  return `#${createHash('sha1').update(text).digest('base64url')}`;
}
