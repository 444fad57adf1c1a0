import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  RECORD_BYTES,
  readJournal,
  writeFree,
  writeGiven,
  writeRunning,
} from '../../../../core/worker/crashes/journal-record.js';

const SLOTS = 4;
const task = fc.record({
  id: fc.string({ minLength: 1, maxLength: 63, unit: 'grapheme' }).filter((id) => Buffer.byteLength(id) <= 80),
  name: fc.string({ maxLength: 20, unit: 'grapheme' }).filter((name) => Buffer.byteLength(name) <= 32),
  sinceEpochMs: fc.double({ min: 0, max: 1e14, noNaN: true }),
});
const step = fc.record({
  slot: fc.nat(SLOTS - 1),
  what: fc.constantFrom('given', 'running', 'free'),
  task,
});

test('what is written is read, whatever was in the slot before', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const image = Buffer.alloc(SLOTS * RECORD_BYTES);
      const model: ({ id: string; name: string; isRunning: boolean; sinceEpochMs: number } | null)[] = [];
      for (let slot = 0; slot < SLOTS; slot++) model.push(null);
      for (const { slot, what, task: given } of steps) {
        const before = model[slot] ?? null;
        if (what === 'given') {
          writeGiven(image, slot, given);
          model[slot] = { ...given, isRunning: false };
        } else if (what === 'free') {
          writeFree(image, slot);
          model[slot] = null;
        } else if (before !== null) {
          writeRunning(image, slot, given.sinceEpochMs);
          model[slot] = { ...before, isRunning: true, sinceEpochMs: given.sinceEpochMs };
        }
      }
      assert.deepStrictEqual(
        readJournal(image),
        model.filter((entry) => entry !== null),
      );
    }),
  );
});

test('texts that are too long are cut at a character', () => {
  const image = Buffer.alloc(RECORD_BYTES);
  writeGiven(image, 0, { id: 'é'.repeat(300), name: '€'.repeat(300), sinceEpochMs: 1 });
  assert.deepStrictEqual(readJournal(image), [
    { id: 'é'.repeat(40), name: '€'.repeat(10), isRunning: false, sinceEpochMs: 1 },
  ]);
});

test('any bytes are read without an error, and bytes of no record as nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3 * RECORD_BYTES }), (bytes) => {
      for (const { id } of readJournal(bytes)) assert.equal(typeof id, 'string');
    }),
  );
  assert.deepStrictEqual(readJournal(Buffer.alloc(5 * RECORD_BYTES)), []);
  assert.deepStrictEqual(readJournal(Buffer.alloc(RECORD_BYTES, 0xff)), []);
});

test('a record whose head was damaged is passed over', () => {
  const image = Buffer.alloc(2 * RECORD_BYTES);
  for (const slot of [0, 1]) writeGiven(image, slot, { id: `id-${String(slot)}`, name: 'a.b', sinceEpochMs: 1 });
  image[1] = 200;
  assert.deepStrictEqual(
    readJournal(image).map(({ id }) => id),
    ['id-1'],
  );
});
