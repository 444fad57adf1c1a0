import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeoutError } from '../../../core/kernel/errors.js';
import { silentLogger } from '../../../core/ports/logger.js';
import type { MemberLink } from '../../../core/ports/member-program.js';
import type { PoolCall } from '../../../core/ports/pool.js';
import type { OutgoingMessage } from '../../../core/ports/transport.js';
import { MemberOutlet } from '../../../core/task/member-outlet.js';
import type { Outlet } from '../../../core/task/outlet.js';
import { MemberCalls } from '../../../core/worker/member-calls.js';
import { TaskLog } from '../../../core/worker/task-log.js';
import { member } from '../../support/fake-pool.js';
import { outgoing } from '../../support/task-plan.js';
import { turn, VirtualClock } from '../../support/virtual-clock.js';

/** The two ends of the calls of a member, wired to each other as the rings do. */
function wire(host: Partial<Outlet>, maxUnconfirmed = 10) {
  const clock = new VirtualClock();
  const nothing = () => Promise.reject(new Error('not in this test'));
  const outlet: Outlet = {
    publish: nothing,
    fetchResults: nothing,
    awaitResult: nothing,
    storeResult: nothing,
    forgetResults: nothing,
    saveGroup: nothing,
    fetchGroup: nothing,
    deleteGroup: nothing,
    cleanUpResults: nothing,
    ...host,
  };
  const served = new MemberCalls(outlet, {
    log: new TaskLog(silentLogger),
    window: { raiseFor: () => undefined, lowerFor: () => undefined },
  });
  const link: MemberLink = {
    index: 0,
    epoch: 1,
    data: null,
    call: (kind, payload) =>
      new Promise((reply, fail) => {
        const call: PoolCall = { kind, payload, job: null, member, reply, fail };
        served.serve(call);
      }),
  };
  const options = { maxUnconfirmed, maxUnconfirmedBytes: 2 ** 20, publishTimeoutMs: 500, clock };
  return { outlet: new MemberOutlet(link, options), link, clock };
}

const WAIT = { timeoutMs: null, signal: null, unlike: null, intervalMs: 500 };
const stored = { taskId: 'id', state: 'SUCCESS', document: Buffer.from('{"a":1}') };

test('a publish reaches the host before it has returned, and resolves on the confirm', async () => {
  const sent: OutgoingMessage[] = [];
  let confirm: () => void = () => undefined;
  const { outlet } = wire({
    publish: (message) => {
      sent.push(message);
      return new Promise((resolve) => (confirm = resolve));
    },
  });
  const published = outlet.publish(outgoing('child'));
  assert.equal(sent[0]?.headers.table['id'], 'child');
  confirm();
  await published;
});

test('beyond the bound a publish waits for a confirm, to its deadline', async () => {
  const sent: OutgoingMessage[] = [];
  const { outlet, clock } = wire(
    {
      publish: (message) => {
        sent.push(message);
        return new Promise(() => undefined);
      },
    },
    1,
  );
  const late = Promise.allSettled([outlet.publish(outgoing('a')), outlet.publish(outgoing('b'))]);
  await turn();
  assert.equal(sent.length, 1);
  await clock.advance(500);
  for (const end of await late) assert.ok(end.status === 'rejected' && end.reason instanceof TimeoutError);
});

test('results are fetched, awaited, stored and forgotten through the host', async () => {
  const seen: unknown[] = [];
  const { outlet } = wire({
    fetchResults: (ids) => Promise.resolve(ids.map((id) => (id === 'id' ? stored : null))),
    awaitResult: (id, { timeoutMs, signal, unlike, intervalMs }) => {
      seen.push([id, timeoutMs, signal, unlike, intervalMs]);
      return Promise.resolve(stored);
    },
    storeResult: (result) => {
      seen.push(result.state);
      return Promise.resolve();
    },
    forgetResults: (ids) => {
      seen.push(ids);
      return Promise.resolve();
    },
  });
  assert.deepStrictEqual(await outlet.fetchResults(['other', 'id', 'id']), [null, stored, stored]);
  assert.deepStrictEqual(await outlet.fetchResults([]), []);
  assert.deepStrictEqual(await outlet.awaitResult('id', { ...WAIT, timeoutMs: 9, unlike: 'x' }), stored);
  await outlet.storeResult(stored);
  await outlet.forgetResults(['id']);
  assert.deepStrictEqual(seen, [['id', 9, null, 'x', 500], 'SUCCESS', ['id']]);
});

test('an error of the host is the error of the call', async () => {
  const { outlet } = wire({ fetchResults: () => Promise.reject(new RangeError('down')) });
  await assert.rejects(outlet.fetchResults(['id']), RangeError);
});

test('a wait that is given up ends at the host too, and only that one', async () => {
  const ended: string[] = [];
  const { outlet } = wire({
    awaitResult: (id, { signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          ended.push(id);
          reject(signal.reason as Error);
        });
      }),
  });
  const first = new AbortController();
  const second = new AbortController();
  const waits = [first, second].map(({ signal }, i) => outlet.awaitResult(`task-${String(i)}`, { ...WAIT, signal }));
  second.abort(new RangeError('enough'));
  await assert.rejects(Promise.race(waits), RangeError);
  await turn();
  assert.deepStrictEqual(ended, ['task-1']);
  const dead = AbortSignal.abort(new RangeError('before'));
  await assert.rejects(outlet.awaitResult('never asked', { ...WAIT, signal: dead }), RangeError);
});

test('groups are saved, fetched and deleted through the host', async () => {
  const groups = new Map<string, string>();
  const { outlet } = wire({
    saveGroup: (id, document) => {
      groups.set(id, Buffer.from(document).toString());
      return Promise.resolve();
    },
    fetchGroup: (id) => Promise.resolve(groups.has(id) ? Buffer.from(groups.get(id) ?? '') : null),
    deleteGroup: (id) => {
      groups.delete(id);
      return Promise.resolve();
    },
  });
  await outlet.saveGroup('g', Buffer.from('{"ä":1}'));
  assert.equal(Buffer.from((await outlet.fetchGroup('g')) ?? []).toString(), '{"ä":1}');
  await outlet.deleteGroup('g');
  assert.equal(await outlet.fetchGroup('g'), null);
});

test('a cleanup of results tells how many it has removed', async () => {
  const { outlet } = wire({ cleanUpResults: () => Promise.resolve(12) });
  assert.equal(await outlet.cleanUpResults(), 12);
});

test('a call that the host cannot read is answered with an error, and a log line is never waited for', async () => {
  const { link, outlet } = wire({});
  await assert.rejects(link.call(99, new Uint8Array(0), null), /unknown kind 99/);
  await assert.rejects(link.call(1, Buffer.from('nonsense'), null), /not a record/);
  outlet.log({ level: 'info', taskId: 'id', taskName: 'a', message: 'x', fields: {} });
  await turn();
});
