import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK_MATRIX } from '../../../core/worker/ack-matrix.js';

test('a state is silent only in cells that the row has', () => {
  for (const [fate, { on, off, silent }] of Object.entries(ACK_MATRIX)) {
    for (const cell of silent) assert.ok(cell === 'early' || cell === on || cell === off, `${fate} ${cell}`);
  }
});

test('nothing that is delivered again has a state, and nothing that ends is without one', () => {
  for (const [fate, { on, off, silent }] of Object.entries(ACK_MATRIX)) {
    for (const cell of [on, off]) {
      if (cell === null) continue;
      assert.equal(silent.includes(cell), cell === 'again' || cell === 'back', `${fate} ${cell}`);
    }
  }
});
