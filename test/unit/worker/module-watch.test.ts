import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../../core/kernel/clock.js';
import { ModuleWatch } from '../../../core/worker/module-watch.js';

const folder = mkdtempSync(join(tmpdir(), 'celeriac-module-watch-'));
const module = pathToFileURL(join(folder, 'tasks.ts'));
const open: ModuleWatch[] = [];

afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Saves as they are told. */
function watchSaves(): {
  readonly watch: ModuleWatch;
  readonly told: readonly string[];
  readonly next: () => Promise<string>;
} {
  const told: string[] = [];
  let wake: () => void = () => undefined;
  const watch = new ModuleWatch({
    clock: systemClock,
    onChange: (file) => {
      told.push(file);
      wake();
    },
  });
  open.push(watch);
  const next = async (): Promise<string> => {
    // The watch does not keep a process alive; the deadline does.
    const deadline = setTimeout(() => undefined, 10_000);
    if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    clearTimeout(deadline);
    return told.shift() ?? '';
  };
  return { watch, told, next };
}

test('a save is told with its file, and many at once as one', async () => {
  const { watch, next } = watchSaves();
  mkdirSync(join(folder, 'lib'));
  watch.follow(module, []);
  writeFileSync(join(folder, 'lib', 'a.ts'), '1');
  writeFileSync(join(folder, 'tasks.ts'), '1');
  assert.equal(await next(), join(folder, 'lib', 'a.ts'));
  writeFileSync(join(folder, 'tasks.ts'), '2');
  assert.equal(await next(), join(folder, 'tasks.ts'), 'the second file of the first save was no news');
});

test('packages, hidden folders and other files are nobody’s code', async () => {
  const { watch, next } = watchSaves();
  for (const name of ['node_modules', '.git', 'data']) mkdirSync(join(folder, name), { recursive: true });
  watch.follow(module, []);
  for (const name of ['node_modules/a.js', '.git/b.ts', 'data/queue.db', 'data/queue.db-wal']) {
    writeFileSync(join(folder, name), 'x');
  }
  writeFileSync(join(folder, 'data', 'c.json'), '{}');
  assert.equal(await next(), join(folder, 'data', 'c.json'));
});

test('files outside of the folder are watched where the module is made of them', async () => {
  const { watch, next } = watchSaves();
  const elsewhere = mkdtempSync(join(tmpdir(), 'celeriac-elsewhere-'));
  try {
    watch.follow(module, [join(elsewhere, 'shared.ts')]);
    writeFileSync(join(elsewhere, 'shared.ts'), '1');
    assert.equal(await next(), join(elsewhere, 'shared.ts'));
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});

test('a folder that came later is watched after the next look', async () => {
  const { watch, next } = watchSaves();
  watch.follow(module, []);
  mkdirSync(join(folder, 'late'));
  watch.follow(module, []);
  writeFileSync(join(folder, 'late', 'd.mts'), '1');
  assert.equal(await next(), join(folder, 'late', 'd.mts'));
});

test('a load that ends after the close is not watched', async () => {
  const closed = watchSaves();
  closed.watch.close();
  closed.watch.follow(module, []);
  const { watch, next } = watchSaves();
  watch.follow(module, []);
  writeFileSync(join(folder, 'tasks.ts'), '3');
  await next();
  assert.deepEqual(closed.told, []);
});
