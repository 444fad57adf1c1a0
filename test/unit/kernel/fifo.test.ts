import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fifo } from '../../../core/kernel/fifo.js';

test('behaves as an array under any sequence of pushes, shifts and takes', () => {
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 900 }) }) },
    { weight: 20, arbitrary: fc.record({ shift: fc.integer({ min: 1, max: 900 }) }) },
    { weight: 1, arbitrary: fc.record({ takeAll: fc.constant(true) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      let next = 0;
      for (const one of steps) {
        if ('push' in one) for (let i = 0; i < one.push; i++) model.push((fifo.push(next), next++));
        if ('shift' in one) {
          for (let i = 0; i < one.shift; i++) {
            assert.equal(fifo.peek(), model.shift());
            fifo.shift();
          }
        }
        if ('takeAll' in one) assert.deepStrictEqual(fifo.takeAll(), model.splice(0));
        assert.deepStrictEqual([fifo.size, fifo.peek()], [model.length, model[0]]);
      }
    }),
  );
});
