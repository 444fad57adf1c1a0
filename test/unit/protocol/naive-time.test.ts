import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import { isNaiveInstant } from '../../../core/protocol/iso-instant.js';
import { epochMsOfLocal } from '../../../core/protocol/naive-time.js';
import { decodeTaskHeaders, headerReadingOf } from '../../../core/protocol/task-message.js';

const settings = { messageMaxHeaders: 200, timezone: null, enableUtc: true };
const properties = {
  correlationId: null,
  replyTo: null,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  deliveryMode: 2,
  priority: null,
  expirationMs: null,
} as const;

function iso(localText: string, zone: string): string {
  return new Date(epochMsOfLocal(Date.parse(`${localText}Z`), zone)).toISOString().slice(0, 19);
}

test('WIRE-31 a wall clock in a zone, also in the hours that occur twice or never', () => {
  assert.equal(iso('2030-01-02T03:04:05', 'Europe/Berlin'), '2030-01-02T02:04:05');
  assert.equal(iso('2030-07-02T03:04:05', 'Europe/Berlin'), '2030-07-02T01:04:05');
  assert.equal(iso('2030-07-02T03:04:05', 'Asia/Kolkata'), '2030-07-01T21:34:05');
  assert.equal(iso('2030-10-27T02:30:00', 'Europe/Berlin'), '2030-10-27T00:30:00');
  assert.equal(iso('2030-03-31T02:30:00', 'Europe/Berlin'), '2030-03-31T01:30:00');
});

test('WIRE-31 an eta without offset is UTC, or in the zone of the app; an offset always counts', () => {
  const etaOf = (eta: string, zone: string | null): number | null =>
    decodeTaskHeaders(
      HeaderBlock.fromTable({ task: 't', id: 'i', eta }),
      properties,
      headerReadingOf({ ...settings, timezone: zone }),
    ).etaEpochMs;
  const utc = Date.UTC(2030, 0, 2, 3, 4, 5);
  assert.equal(etaOf('2030-01-02T03:04:05', null), utc);
  assert.equal(etaOf('2030-01-02T03:04:05', 'America/New_York'), utc + 5 * 3_600_000);
  assert.equal(etaOf('2030-01-02T03:04:05+00:00', 'America/New_York'), utc);
  assert.equal(etaOf('2030-01-02T03:04:05Z', 'America/New_York'), utc);
});

test('which instants say no zone', () => {
  for (const text of ['2030-01-02', '20300102', '2030-01-02T03:04:05', '2030-01-02 03', '2030-01-02T03:04:05.5']) {
    assert.equal(isNaiveInstant(text), true, text);
  }
  for (const text of ['2030-01-02T03:04:05Z', '2030-01-02T03:04+02:00', '20300102T030405-0500', '2030-01-02T03+01']) {
    assert.equal(isNaiveInstant(text), false, text);
  }
});
