/** The real input: files under `node_modules`, as many as fit a short run, the same ones each time. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const maxFiles = 1_000;
const minFileBytes = 1_024;
const maxFileBytes = 256 * 1_024;

/** Absolute paths of at most 1,000 files of 1 to 256 KiB, spread over the whole folder. */
export function findInputFiles(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.cache'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => isFit(path))
    .sort();
  const step = Math.max(1, files.length / maxFiles);
  const count = Math.min(files.length, maxFiles);
  return Array.from({ length: count }, (_, i) => files[Math.floor(i * step)] ?? '');
}

function isFit(path: string): boolean {
  const { size } = statSync(path);
  return size >= minFileBytes && size <= maxFileBytes;
}
