/** Values to bytes and back, with the default codec of `ThreadPool.run()`. */
import { deepStrictEqual } from 'node:assert/strict';
import { ValueDecoder } from '../../../pools/codec/value-decoder.js';
import { ValueEncoder } from '../../../pools/codec/value-encoder.js';
import type { MicroCase } from '../micro-case.js';

const VALUES = {
  'an integer': 123_456,
  'a short text': 'resize/a.png',
  'a small object': { id: 17, name: 'a.png', size: { width: 640, height: 480 }, tags: ['new', 'sale'], ratio: 1.5 },
  'a date': { at: new Date(0) },
  '1 kB of bytes': new Uint8Array(1_024).fill(7),
  'an object of 4 kB': Array.from({ length: 50 }, (_, id) => ({ id, sku: `article-${id}`, price: id * 1.25 })),
} as const;

function codecCases(name: string, value: unknown): readonly MicroCase[] {
  const encoder = new ValueEncoder();
  const decoder = new ValueDecoder();
  const stored = new ValueEncoder();
  stored.encode(value);
  const { buffer, start, end, form } = stored;
  let decoded: unknown;
  return [
    {
      name: `codec: encode ${name}`,
      run: () => {
        encoder.encode(value);
      },
      check: () => {
        deepStrictEqual(decoder.decode(encoder.buffer, encoder.start, encoder.end, encoder.form), value);
      },
    },
    {
      name: `codec: decode ${name}`,
      run: () => {
        decoded = decoder.decode(buffer, start, end, form);
      },
      check: () => {
        deepStrictEqual(decoded, value);
      },
    },
  ];
}

export function createCodecCases(): readonly MicroCase[] {
  return Object.entries(VALUES).flatMap(([name, value]) => codecCases(name, value));
}
