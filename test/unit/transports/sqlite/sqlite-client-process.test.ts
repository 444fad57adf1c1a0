/** How a client process ends, and what it is told when the disk is full (reliability S2). */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../../core/kernel/clock.js';
import { createSqliteBackend } from '../../../../backends/sqlite/sqlite-backend.js';
import { createSqliteTransport } from '../../../../transports/sqlite/sqlite-transport.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

const PROGRAM = fileURLToPath(new URL('../../../support/sqlite-publisher.js', import.meta.url));

describe('a client process on an sqlite file', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());
  const urlOf = (): string => `sqlite://${folder.path}/queue.db`;
  const countOf = async (): Promise<number> => {
    const transport = createSqliteTransport({ url: urlOf(), baseFolder: '/', clock: systemClock });
    await transport.connect(5_000);
    const count = await transport.count('q');
    await transport.close(5_000);
    return count;
  };
  const output = (child: ChildProcess): AsyncIterator<string> => {
    assert.ok(child.stdout);
    return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  };

  test('that published and closed nothing ends by itself, its message confirmed', async () => {
    const child = spawn(process.execPath, [PROGRAM, urlOf(), 'once'], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 0);
    assert.equal(await countOf(), 1);
  });

  test('several that start together on a file that is not there yet all get their message in', async () => {
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [PROGRAM, urlOf(), 'once'], { stdio: 'inherit' }),
    );
    const exits = (await Promise.all(children.map((child) => once(child, 'exit')))) as [number | null][];
    assert.deepEqual(
      exits.map(([code]) => code),
      [0, 0, 0, 0, 0, 0],
    );
    assert.equal(await countOf(), 6);
  });

  test('that watches a result stays alive for it, and then ends', async () => {
    const child = spawn(process.execPath, [PROGRAM, urlOf(), 'watch'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    const lines = output(child);
    assert.equal((await lines.next()).value, 'watching');
    const backend = createSqliteBackend({ url: urlOf(), baseFolder: '/', clock: systemClock, expiresMs: null });
    await backend.connect(5_000);
    await backend.store([{ taskId: 'task', state: 'SUCCESS', document: new Uint8Array(0) }]);
    assert.equal((await lines.next()).value, 'result SUCCESS');
    assert.deepEqual(await exit, [0, null]);
    await backend.close(5_000);
  });

  test(
    'S2 whose disk is full gets a refusal, never a confirm, and what was confirmed is there',
    { skip: process.platform === 'win32' && 'needs ulimit' },
    async () => {
      // A limit on the file size fails writes as a full disk does; 3 MB, in units of 512 bytes.
      const command = `ulimit -f 6000; exec "$0" "$@"`;
      const child = spawn('sh', ['-c', command, process.execPath, PROGRAM, urlOf(), 'fill'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exit = once(child, 'exit');
      const lines = output(child);
      const refused = /^refused (\d+) true$/.exec(String((await lines.next()).value));
      assert.ok(refused, 'a publish was refused with a TransportError');
      const confirmed = Number(refused[1]);
      assert.ok(confirmed > 5);
      assert.equal((await lines.next()).value, 'store refused true');
      assert.deepEqual(await exit, [0, null]);
      // The space is back: this process has no limit.
      assert.equal(await countOf(), confirmed);
    },
  );
});
