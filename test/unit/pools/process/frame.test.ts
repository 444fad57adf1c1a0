import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodeError,
  encodeError,
  encodeFrame,
  FrameKind,
  FrameReader,
  type Frame,
} from '../../../../pools/process/frame.js';

const FIRST = encodeFrame(
  FrameKind.CALL,
  { programKind: 200, id: 4_000_000_000, ref: 7, value: 1.5, extra: 2 ** 40 },
  Buffer.from('häuser'),
);
const SECOND = encodeFrame(FrameKind.PONG, {});

function readAll(chunks: readonly Buffer[]): { readonly frames: readonly Frame[]; readonly isSound: boolean } {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  let isSound = true;
  for (const chunk of chunks) isSound &&= reader.push(chunk);
  return { frames, isSound };
}

describe('frames between host and child', () => {
  it('come out as they went in, wherever the pipe cuts them', () => {
    const bytes = Buffer.concat([FIRST, SECOND, FIRST]);
    for (let at = 0; at <= bytes.length; at++) {
      for (const next of [at, Math.min(at + 1, bytes.length), bytes.length]) {
        const { frames, isSound } = readAll([bytes.subarray(0, at), bytes.subarray(at, next), bytes.subarray(next)]);
        assert.ok(isSound);
        assert.deepEqual(
          frames.map(({ kind, payload }) => [kind, payload.toString()]),
          [
            [FrameKind.CALL, 'häuser'],
            [FrameKind.PONG, ''],
            [FrameKind.CALL, 'häuser'],
          ],
        );
        const { programKind, id, ref, value, extra } = frames[2] as Frame;
        assert.deepEqual([programKind, id, ref, value, extra], [200, 4_000_000_000, 7, 1.5, 2 ** 40]);
      }
    }
  });

  it('end at a header that nobody of ours has written: nothing behind it is read', () => {
    const foreign = Buffer.from('printed by a library into the wrong descriptor');
    const { frames, isSound } = readAll([SECOND, foreign, SECOND]);
    assert.equal(frames.length, 1);
    assert.equal(isSound, false);
    const endless = Buffer.from(SECOND);
    endless.writeUInt32LE(0xffff_ffff, 4);
    assert.equal(readAll([endless]).isSound, false);
    const unknown = Buffer.from(SECOND);
    unknown[2] = 99;
    assert.equal(readAll([unknown]).isSound, false);
  });

  it('carry what can be said of an error, whatever was thrown', () => {
    const error = decodeError(encodeError(Object.assign(new RangeError('too far'), { code: 'E_FAR' })));
    assert.deepEqual([error.name, error.message, Reflect.get(error, 'code')], ['RangeError', 'too far', 'E_FAR']);
    assert.match(error.stack ?? '', /frame\.test/);
    assert.match(decodeError(encodeError(Object.create(null))).message, /Object: null prototype/);
  });
});
