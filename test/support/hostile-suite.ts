/** The hostile messages as a test of one transport: `hostile-memory.test.ts` and `hostile-sqlite.test.ts` are its callers. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HostileRun } from './hostile-run.js';
import { hostileMessages } from './hostile-messages.js';
import { temporaryFolder } from './temporary-folder.js';

const BATCH = 500;
/** Reasons of dead letters that must have been seen, of those that there are. */
const LEAST_REASONS = 15;

/** @param address makes the URL of the broker in a folder. */
export function exerciseHostileMessages(transport: string, address: (folder: string) => string): void {
  it(
    `M1 to M13 on ${transport}: each hostile message ends in one place, with a reason`,
    { timeout: 240_000 },
    async () => {
      const folder = await temporaryFolder();
      const run = await HostileRun.start(address(folder.path), folder.path);
      const messages = hostileMessages(run.queue);
      for (let at = 0; at < messages.length; at += BATCH) await run.send(messages.slice(at, at + BATCH));
      const { ends, untraced, reasons, left, isPolluted } = await run.end(messages.length);
      await folder.remove();
      assert.equal(left, 0, 'messages are left in the queue');
      assert.equal(isPolluted, false);
      const lost: string[] = [];
      const twice: string[] = [];
      for (const [number, { title }] of messages.entries()) {
        const places = ends.get(number) ?? [];
        if (places.length === 0) lost.push(title);
        if (places.length > 1) twice.push(`${title}: ${places.join(', ')}`);
      }
      assert.deepEqual(twice, []);
      // Two have headers that are no table: no number of theirs can be read.
      assert.equal(lost.length, untraced.length, `nowhere: ${lost.slice(0, 10).join('; ')}`);
      assert.equal(untraced.length, 2, untraced.join());
      console.log(`${String(messages.length)} messages, reasons: ${[...reasons].sort().join(', ')}`);
      assert.ok(reasons.size >= LEAST_REASONS, `${String(reasons.size)} reasons: ${[...reasons].join(', ')}`);
      assert.ok(!reasons.has('none'));
    },
  );
}
