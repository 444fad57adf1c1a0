/** WORK-52, 54, 57: members that start, end, do not come up, and die one after the other. */
import assert from 'node:assert/strict';
import { BroadcastChannel } from 'node:worker_threads';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PoolError } from '../../core/kernel/errors.js';
import type { MemberWord } from '../support/members/frail-import.js';
import { Bench } from '../support/worker-bench.js';

const WAIT = { timeoutMs: 20_000 };
const IMPORTS = [fileURLToPath(new URL('../support/members/frail-import.js', import.meta.url))];

/** What members that start from here on do: each has a copy of the environment. */
function setFate(fate: 'hang' | 'throw' | 'hang-in-handler' | 'talk' | null): void {
  if (fate === null) delete process.env['CELERIAC_TEST_MEMBER'];
  else process.env['CELERIAC_TEST_MEMBER'] = fate;
}

/** Ends the only member after it was of use, so that the next one starts at once: it has when this resolves. */
async function loseMember(bench: Bench): Promise<void> {
  await (await bench.send('echo')).get(WAIT);
  const losses = (): number => bench.log.filter(({ message }) => /^member 0 lost/.test(message)).length;
  const before = losses();
  await bench.send('early', ['exit']);
  await bench.until(() => losses() > before);
}

describe('members that fail', { timeout: 120_000 }, () => {
  test('WORK-52: a member that is not READY in time is ended and replaced; at the start it fails the worker', async () => {
    await using bench = await Bench.start({ settings: { workerProcAliveTimeout: 3, imports: IMPORTS } });
    setFate('hang');
    await loseMember(bench);
    setFate(null);
    assert.equal(await (await bench.send('echo', [7])).get(WAIT), 7);
    const lines = bench.log.filter(({ message }) => /^member 0 lost: .*was not ready within 3000 ms/.test(message));
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['error'],
    );
    await bench.until(() => bench.worker.stats().pool.processes.length === 1);
    setFate('hang');
    const late = Bench.start({ settings: { workerProcAliveTimeout: 0.5, imports: IMPORTS } });
    await assert.rejects(late, /did not start within 500 ms|not ready within 500 ms/).finally(() => {
      setFate(null);
    });
  });

  test('WORK-54: a member starts without handlers of signals, as its app, with its handlers; it tells of its end, with its thread', async () => {
    const words: MemberWord[] = [];
    const channel = new BroadcastChannel('celeriac-member-words');
    const ended = new Promise<void>((resolve) => {
      channel.onmessage = (event: unknown) => {
        const word = (event as { readonly data: MemberWord }).data;
        words.push(word);
        if (word.kind === 'shutdown') resolve();
      };
    });
    const onSignal = (): void => undefined;
    process.on('SIGTERM', onSignal);
    try {
      setFate('talk');
      const bench = await Bench.start({ settings: { imports: IMPORTS } });
      setFate(null);
      const [thread] = bench.worker.stats().pool.processes;
      await bench[Symbol.asyncDispose]();
      await ended;
      const common = { app: 'worker', signalHandlers: 0, threadId: thread };
      assert.deepEqual(words, [
        { kind: 'init', ...common, value: {} },
        { kind: 'shutdown', ...common, value: { pid: process.pid, exitcode: 0, threadId: thread } },
      ]);
    } finally {
      process.off('SIGTERM', onSignal);
      channel.close();
    }
    // Handlers count to the time that it has.
    setFate('hang-in-handler');
    const late = Bench.start({ settings: { workerProcAliveTimeout: 0.5, imports: IMPORTS } });
    await assert.rejects(late, /did not start within 500 ms|not ready within 500 ms/).finally(() => {
      setFate(null);
    });
  });

  test('WORK-57: a dead member is replaced; those that come to nothing with growing delays, then every half minute', async () => {
    await using bench = await Bench.start({ settings: { imports: IMPORTS } });
    await loseMember(bench);
    const losses = (): number =>
      bench.log.filter(({ message }) => /^member 0 lost: .*no such library/.test(message)).length;
    const heldBack = () => bench.log.filter(({ message }) => message.includes('came to nothing again and again'));
    assert.equal(await (await bench.send('echo', [1])).get(WAIT), 1);
    setFate('throw');
    await loseMember(bench);
    await bench.until(() => heldBack().length > 0);
    setFate(null);
    assert.match(
      heldBack()[0]?.message ?? '',
      /^member 0 came to nothing again and again; the next one is tried in 30 s/,
    );
    assert.deepEqual([heldBack().length, heldBack()[0]?.level], [1, 'error']);
    assert.ok(losses() >= 4 && losses() <= 6, String(losses()));
    assert.equal(bench.worker.state, 'ready');
  });

  test('more losses within a second than the burst allows end the worker, once, with the cause', async () => {
    const bench = await Bench.start({ concurrency: 4, settings: { workerLossBurst: 0.5 } });
    const failed = assert.rejects(bench.worker.ended, (error) => {
      assert.ok(error instanceof PoolError);
      assert.match(
        error.message,
        /^3 members were lost within a second, the last one: member \d \(thread \d+\) exited/,
      );
      return true;
    });
    await Promise.all([1, 2, 3, 4].map(() => bench.send('early', ['exit'])));
    await failed;
    await bench[Symbol.asyncDispose]();
    const lines = bench.log.filter(({ message }) => message.startsWith('the worker ends: '));
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['error'],
    );
  });
});
