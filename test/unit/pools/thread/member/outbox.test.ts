/** For which of its records a member rings, and whom. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RECORD_HEADER_BYTES } from '../../../../../pools/ring/record.js';
import { DEFAULT_LANE_SIZES } from '../../../../../pools/thread/lane-layout.js';
import { Outbox } from '../../../../../pools/thread/member/outbox.js';
import { LonelyMember } from '../../../../support/lonely-member.js';

const NO_BYTES = new Uint8Array(0);
const OUTCOMES_BYTES = 1024;

function createOutbox(test: TestContext) {
  const member = new LonelyMember({ ...DEFAULT_LANE_SIZES, outcomesBytes: OUTCOMES_BYTES, slotCount: 1 });
  test.after(() => {
    member.close();
  });
  const { parked } = member.lane;
  return { outbox: new Outbox(member.inside), parked, takeBells: () => member.takeBells() };
}

const sent: Readonly<Record<string, (outbox: Outbox) => void>> = {
  'an outcome': (outbox) => {
    outbox.outcome(1, 0, NO_BYTES, 0, 0);
  },
  'a large outcome': (outbox) => {
    outbox.largeOutcome(1, { kind: 0, payload: Buffer.alloc(OUTCOMES_BYTES) });
  },
  'a start': (outbox) => {
    outbox.accepted(1);
  },
};

describe('the bells of an outbox', () => {
  for (const [name, send] of Object.entries(sent)) {
    it(`ring for ${name} when the host is parked, and when it dozes only as it is announced, once`, (test) => {
      const { outbox, parked, takeBells } = createOutbox(test);
      send(outbox);
      assert.equal(takeBells(), 1);
      parked.doze();
      send(outbox);
      assert.equal(takeBells(), 0);
      outbox.announce();
      assert.equal(takeBells(), 1);
      parked.doze();
      outbox.announce();
      assert.equal(takeBells(), 0);
    });
  }

  it('ring for a call at once, though the host dozes', (test) => {
    const { outbox, parked, takeBells } = createOutbox(test);
    parked.doze();
    outbox.call(1, 7, NO_BYTES, 0);
    assert.equal(takeBells(), 1);
    parked.doze();
    outbox.lendingCall(2, 7, NO_BYTES, 0);
    assert.equal(takeBells(), 1);
  });

  it('ring at once when there is no room for an outcome, though the host dozes', (test) => {
    const { outbox, parked, takeBells } = createOutbox(test);
    parked.doze();
    const room = OUTCOMES_BYTES / RECORD_HEADER_BYTES;
    for (let i = 0; i < room; i++) outbox.outcome(i, 0, NO_BYTES, 0, 0);
    assert.deepEqual([takeBells(), outbox.isBlocked], [0, false]);
    outbox.outcome(room, 0, NO_BYTES, 0, 0);
    assert.deepEqual([takeBells(), outbox.isBlocked], [1, true]);
  });
});
