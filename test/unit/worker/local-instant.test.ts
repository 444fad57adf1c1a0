import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import { parseInstant } from '../../../core/protocol/iso-instant.js';
import { inZone, localZoneOf } from '../../../core/worker/local-instant.js';

function read(text: string, zone: string): string {
  const asUtcMs = parseInstant(text) ?? Number.NaN;
  const headers = HeaderBlock.fromTable({ eta: text });
  return new Date(inZone(headers, 'eta', { asUtcMs, zone })).toISOString().slice(0, 16);
}

test('WORK-25 an instant without offset is of the zone, one with an offset is what it says', () => {
  assert.equal(read('2030-01-02T12:00:00', 'Asia/Tokyo'), '2030-01-02T03:00');
  assert.equal(read('2030-01-02', 'Asia/Tokyo'), '2030-01-01T15:00');
  assert.equal(read('2030-01-02T12:00:00+02:00', 'Asia/Tokyo'), '2030-01-02T10:00');
  assert.equal(read('2030-01-02T12:00:00Z', 'Asia/Tokyo'), '2030-01-02T12:00');
});

test('the offset is that of the instant, on either side of a change of clocks', () => {
  // Berlin goes to summer time at 01:00 UTC on 31 March 2030, and back at 01:00 UTC on 27 October.
  assert.equal(read('2030-03-31T01:30:00', 'Europe/Berlin'), '2030-03-31T00:30');
  assert.equal(read('2030-03-31T03:30:00', 'Europe/Berlin'), '2030-03-31T01:30');
  assert.equal(read('2030-10-27T04:00:00', 'Europe/Berlin'), '2030-10-27T03:00');
});

test('with enableUtc there is no zone to think of', () => {
  assert.equal(localZoneOf({ enableUtc: true, timezone: 'Asia/Tokyo' }), null);
  assert.equal(localZoneOf({ enableUtc: false, timezone: 'UTC' }), null);
  assert.equal(localZoneOf({ enableUtc: false, timezone: 'Asia/Tokyo' }), 'Asia/Tokyo');
});
