/** Messages packed for the I/O thread and cut again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packMessages, unpackMessages } from '../../../../clients/sqlite/packed-rows.js';
import { message } from '../../../contract/transport-inbox.js';

/** As the I/O thread answers: the lengths that it was given, without the columns that only it needs. */
function answerOf(
  packed: { readonly meta: string; readonly data: Uint8Array },
  data = packed.data,
): { meta: string; data: Uint8Array } {
  const rows = (JSON.parse(packed.meta) as number[][]).map(([, , , , ...lengths]) => [...lengths, 2]);
  return { meta: JSON.stringify(rows), data };
}

describe('packed rows', () => {
  it('give back headers, properties and body of each message', () => {
    const sent = [
      message('a', { body: Buffer.from('first') }),
      message('b', { body: Buffer.from('zwölf ✓'), priority: 7 }),
    ];
    const got = unpackMessages(answerOf(packMessages(sent, 0)));
    assert.deepEqual(
      got.map(({ headers, body, deliveryCount }) => [headers.json, Buffer.from(body).toString(), deliveryCount]),
      sent.map(({ headers, body }) => [headers.json, Buffer.from(body).toString(), 2]),
    );
    for (const [i, { properties }] of got.entries()) {
      const { exchange, routingKey } = sent[i] ?? assert.fail();
      assert.deepEqual(properties, { exchange, routingKey, ...sent[i]?.properties });
    }
  });

  it('read a damaged row as content that nobody accepts, and its neighbours as they are', () => {
    const packed = packMessages([message('a'), message('b')], 0);
    const text = Buffer.from(packed.data).toString('latin1');
    // The first properties begin with the exchange; a brace makes them no list.
    const damaged = Buffer.from(text.replace('["",', '{"",'), 'latin1');
    const [first, second] = unpackMessages(answerOf(packed, damaged));
    assert.equal(first?.properties.contentType, 'damaged');
    assert.equal(second?.properties.contentType, 'application/json');
    assert.equal(Buffer.from(second.body).toString(), 'b');
  });
});
