/** The real input: files under `node_modules`, as many as fit a short run, the same ones each time. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const maxFiles = 4_000;
const maxFileBytes = 512 * 1024;

/** Absolute paths of at most 4,000 files of at most 512 KiB, spread over the whole folder. */
export function findInputFiles(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.cache'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => isSmall(path))
    .sort();
  const step = Math.max(1, files.length / maxFiles);
  const count = Math.min(files.length, maxFiles);
  return Array.from({ length: count }, (_, i) => files[Math.floor(i * step)] ?? '');
}

function isSmall(path: string): boolean {
  const { size } = statSync(path);
  return size > 0 && size <= maxFileBytes;
}
