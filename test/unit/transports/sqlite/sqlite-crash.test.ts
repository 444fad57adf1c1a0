/** What survives a killed publisher and a log that was cut off by a power loss (reliability S1, S3). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import { Connection } from '../../../../clients/sqlite/connection.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

const PROGRAM = fileURLToPath(new URL('../../../support/sqlite-publisher.js', import.meta.url));
/** Messages of one commit in the program's `stream` mode. */
const BATCH = 10;

describe('sqlite file after a crash', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** Kills a publisher right after its `lines`-th confirm; answers how many messages were confirmed by then. */
  const crash = async (path: string, lines: number): Promise<number> => {
    const child = spawn(process.execPath, [PROGRAM, `sqlite://${path}`, 'stream'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    let seen = 0;
    let confirmed = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      confirmed = Number(line.replace('confirmed ', ''));
      if (++seen === lines) child.kill('SIGKILL');
    }
    await exit;
    return confirmed;
  };

  /** Opens the file as a program would; answers how many messages are there. */
  const inspect = (path: string): number => {
    const connection = Connection.open(path);
    try {
      assert.equal(connection.scalar('PRAGMA integrity_check'), 'ok');
      const messages = Number(connection.scalar('SELECT count(*) FROM message'));
      assert.equal(connection.scalar('SELECT count(*) FROM ready'), messages);
      return messages;
    } finally {
      connection.close();
    }
  };

  test('S1 what was confirmed before a kill is there, and nothing of half a commit', async () => {
    let before = 0;
    for (const lines of [2, 7, 31, 64]) {
      const path = join(folder.path, 'queue.db');
      const confirmed = await crash(path, lines);
      const after = inspect(path);
      assert.ok(after - before >= confirmed, `${String(after - before)} of ${String(confirmed)} confirmed messages`);
      assert.equal(after % BATCH, 0);
      before = after;
    }
  });

  test('S3 a log that was cut anywhere loses whole commits from its end only', async () => {
    const path = join(folder.path, 'queue.db');
    const confirmed = await crash(path, 40);
    const database = readFileSync(path);
    const log = readFileSync(`${path}-wal`);
    const whole = inspect(path);
    assert.ok(whole >= confirmed);
    const seed = Date.now();
    const random = createSeededRandom(seed);
    const found: { readonly length: number; readonly messages: number }[] = [];
    for (let i = 0; i < 12; i++) {
      const copy = join(folder.path, `copy${String(i)}.db`);
      // Behind the first commits, which made the tables.
      const length = Math.floor(log.length * (0.5 + random.float() / 2));
      writeFileSync(copy, database);
      writeFileSync(`${copy}-wal`, log);
      truncateSync(`${copy}-wal`, length);
      const messages = inspect(copy);
      assert.equal(messages % BATCH, 0, `seed ${String(seed)}`);
      found.push({ length, messages });
    }
    found.sort((a, b) => a.length - b.length);
    for (const [i, { messages }] of found.entries()) {
      assert.ok(messages >= (found[i - 1]?.messages ?? 0), `a longer log holds more; seed ${String(seed)}`);
    }
    assert.ok((found.at(-1)?.messages ?? 0) <= whole, `seed ${String(seed)}`);
  });
});
