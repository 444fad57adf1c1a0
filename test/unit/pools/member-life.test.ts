import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PoolError } from '../../../core/kernel/errors.js';
import { MemberLife } from '../../../pools/member-life.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** A member that does nothing by itself; what its life asks for is noted. */
function createLife(objection: string | null = null) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (what: string) => (): void => {
    log.push(what);
  };
  const life = new MemberLife('member 0.1', clock, {
    title: () => 'member 0 (thread 7)',
    objectionTo: () => objection,
    onReady: (manifest) => log.push(`ready ${String(manifest)}`),
    close: note('close'),
    kill: note('kill'),
    onGone: note('gone'),
  });
  life.begin(1_000);
  return { clock, life, log };
}

describe('the life of a member', () => {
  it('goes from its start over its last job to its end, and is no loss', async () => {
    const { clock, life, log } = createLife();
    assert.deepEqual(
      [life.state, life.hasLoaded, life.whenText],
      ['spawning', false, ' before its program was loaded'],
    );
    life.join('a');
    life.join('b');
    await clock.advance(60_000);
    assert.deepEqual([life.state, life.hasLoaded, life.whenText], ['ready', true, '']);
    life.retire();
    life.finish();
    assert.equal(life.state, 'closing');
    life.end();
    life.end();
    assert.deepEqual(log, ['ready a', 'close', 'gone']);
    assert.deepEqual([life.state, life.isLoss, life.lostError, clock.timers], ['gone', false, null, 0]);
  });

  it('is lost when it ends by itself', () => {
    const { clock, life } = createLife();
    life.join(null);
    life.end();
    assert.deepEqual([life.isLoss, life.lostError, clock.timers], [true, null, 0]);
  });

  it('is ended when its program still loads after its time, and counts as a loss', async () => {
    const { clock, life, log } = createLife();
    await clock.advance(999);
    assert.deepEqual(log, []);
    await clock.advance(1);
    assert.deepEqual(log, ['kill']);
    const text = 'member 0 (thread 7) was not ready within 1000 ms: its program still loads';
    assert.ok(life.loadError instanceof PoolError);
    assert.deepEqual([life.loadError.message, life.endReason, life.lostError?.message], [text, text, text]);
    assert.equal(life.isLoss, true);
    life.join(null);
    assert.equal(life.state, 'terminating');
  });

  it('is ended when there is something against what it has loaded', () => {
    const { life, log } = createLife('its tasks differ');
    life.join(null);
    assert.deepEqual([life.state, life.hasLoaded, log], ['terminating', false, ['kill']]);
    assert.equal(life.lostError?.message, 'member 0 (thread 7) cannot take its place: its tasks differ');
  });

  it('is written off when it does not end, once', async () => {
    const { clock, life, log } = createLife();
    life.join(null);
    life.terminate('its run outstayed its limit');
    life.terminate('again');
    assert.equal(life.lostError?.message, 'member 0 (thread 7) was ended: its run outstayed its limit');
    assert.equal(life.isLoss, false);
    await clock.advance(4_999);
    assert.deepEqual(log, ['ready null', 'kill']);
    await clock.advance(1);
    life.end();
    assert.deepEqual(log, ['ready null', 'kill', 'gone']);
  });

  it('is ended when its program does not close in time', async () => {
    const { clock, life, log } = createLife();
    life.join(null);
    life.retire();
    life.finish();
    await clock.advance(5_000);
    assert.deepEqual([log, life.endReason], [['ready null', 'close', 'kill'], 'its program did not close in time']);
    await clock.advance(5_000);
    assert.deepEqual([life.state, life.isLoss], ['gone', false]);
  });
});
