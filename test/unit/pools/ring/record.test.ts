import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  RECORD_ALIGN_BYTES,
  RecordFlag,
  RecordKind,
  alignRecord,
  graceFlags,
  graceMsOf,
  kindOf,
  makeTag,
  programKindOf,
} from '../../../../pools/ring/record.js';

describe('the tag of a record', () => {
  it('carries kind, program kind, flags and grace beside each other', () => {
    const flags = RecordFlag.BULK | RecordFlag.ASCII_HEAD | RecordFlag.WANTS_ACCEPTED | RecordFlag.ERROR;
    for (const programKind of [0, 7, 255]) {
      const tag = makeTag(RecordKind.OUTCOME, programKind, flags | graceFlags(500));
      assert.equal(kindOf(tag), RecordKind.OUTCOME);
      assert.equal(programKindOf(tag), programKind);
      assert.equal(tag & flags, flags);
      assert.equal(graceMsOf(tag), 500);
    }
  });

  it('takes a grace that is too long for the longest it can say', () => {
    const longest = graceMsOf(graceFlags(Number.MAX_SAFE_INTEGER));
    assert.ok(longest >= 500 && graceMsOf(graceFlags(longest)) === longest);
  });
});

it('records start at multiples of their alignment', () => {
  for (let length = 1; length <= 4 * RECORD_ALIGN_BYTES; length++) {
    const size = alignRecord(length);
    assert.ok(size >= length && size < length + RECORD_ALIGN_BYTES && size % RECORD_ALIGN_BYTES === 0);
  }
});
