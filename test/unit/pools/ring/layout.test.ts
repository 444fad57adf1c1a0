import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LINE_BYTES, ringLayout } from '../../../../pools/ring/layout.js';
import { SharedMemory } from '../../../../pools/ring/memory.js';
import { STATUS_BYTES, StatusBlock } from '../../../../pools/ring/status-block.js';

it('G17 words of different writers stand on lines of their own', () => {
  const { tailWord, headWord, dataByte } = ringLayout(0, 1024);
  const status = new StatusBlock(new SharedMemory(new SharedArrayBuffer(STATUS_BYTES)), 0);
  for (const bytes of [
    [tailWord * 4, headWord * 4, dataByte],
    [status.memberParkedWord * 4, status.hostParkedWord * 4],
  ]) {
    const lines = bytes.map((byte) => Math.floor(byte / LINE_BYTES));
    assert.equal(new Set(lines).size, bytes.length);
  }
  assert.ok(LINE_BYTES >= 64);
});
