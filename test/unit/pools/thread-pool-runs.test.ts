/** Runs of a ThreadPool: what is given away, in which order they start, how they are given up. */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners, once } from 'node:events';
import { describe, it } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { ConfigError, PoolError, WorkerLostError } from '../../../core/kernel/errors.js';
import { ThreadPool, type RunOptions, type ThreadPoolOptions } from '../../../pools/public.js';
import { SharedMemory } from '../../../pools/ring/memory.js';

const filename = new URL('../../support/members/functions.js', import.meta.url);

async function withPool(
  options: Omit<ThreadPoolOptions, 'filename'>,
  test: (pool: ThreadPool) => Promise<void>,
): Promise<void> {
  const pool = new ThreadPool({ filename, ...options });
  try {
    await pool.ready;
    await test(pool);
  } finally {
    await pool.destroy();
  }
}

const ONE = { minThreads: 1, maxThreads: 1 };

/** A run that has started and goes on until `release` is called. */
async function heldRun(
  pool: ThreadPool,
  options: RunOptions = {},
): Promise<{ readonly run: Promise<unknown>; readonly release: () => void }> {
  const { port1, port2 } = new MessageChannel();
  const run = pool.run({ port: port2 }, { ...options, name: 'hold', transferList: [port2] });
  await once(port1, 'message');
  return {
    run,
    release: () => {
      port1.postMessage('released');
    },
  };
}

/** A part of the full sizes unless CELERIAC_FULL is set. */
const isFull = process.env['CELERIAC_FULL'] === '1';
const RAW_BYTES = isFull ? 2 ** 30 : 64 * 2 ** 20;
const TEXT_BYTES = isFull ? 256 * 2 ** 20 : 64 * 2 ** 20;

describe('runs that would wait', { timeout: 30_000 }, () => {
  it('have another member started for them, though the first one has room in its lane', () =>
    withPool({ minThreads: 1, maxThreads: 2 }, async (pool) => {
      const { run, release } = await heldRun(pool);
      assert.equal(await pool.run('short', { name: 'echo' }), 'short');
      assert.deepEqual([pool.size, pool.queueSize], [2, 0]);
      release();
      assert.equal(await run, 'released');
    }));
});

describe('large values of runs', { timeout: 240_000 }, () => {
  it(`carry ${String(RAW_BYTES / 2 ** 20)} MB of bytes both ways, copied and given away`, () =>
    withPool({ ...ONE, maxRetainedBytes: 2 ** 20 }, async (pool) => {
      const bytes = new Uint8Array(RAW_BYTES);
      bytes.fill(7, RAW_BYTES - 3);
      assert.equal(await pool.run(bytes, { name: 'sizeOf' }), RAW_BYTES);
      const copy = await pool.run<Uint8Array<ArrayBuffer>>(bytes, { name: 'echo' });
      assert.deepEqual([copy.length, copy.buffer.byteLength, copy.at(0), copy.at(-3)], [RAW_BYTES, RAW_BYTES, 0, 7]);
      const { buffer } = await pool.run<{ buffer: ArrayBuffer }>(copy.buffer, {
        name: 'giveBack',
        transferList: [copy.buffer],
      });
      assert.deepEqual([copy.length, buffer.byteLength, new Uint8Array(buffer).at(-1)], [0, RAW_BYTES, 7]);
    }));

  it(`carry ${String(TEXT_BYTES / 2 ** 20)} MB of objects both ways`, () =>
    withPool(ONE, async (pool) => {
      const line = 'x'.repeat(1_000);
      const value = Array.from({ length: Math.floor(TEXT_BYTES / 1_024) }, (_, i) => ({ i, line: line + String(i) }));
      const copy = await pool.run<typeof value>(value, { name: 'echo' });
      assert.equal(copy.length, value.length);
      assert.deepEqual(copy.at(-1), value.at(-1));
    }));
});

describe('what a run is given', { timeout: 30_000 }, () => {
  it('is moved to the member, and its result back, not copied', () =>
    withPool(ONE, async (pool) => {
      for (const name of ['giveBack', 'giveBackLater']) {
        const buffer = new Uint8Array([1, 2, 3]).buffer;
        const run = pool.run<{ buffer: ArrayBuffer }>(buffer, { name, transferList: [buffer] });
        assert.equal(buffer.byteLength, 0, 'at once');
        const result = await run;
        assert.deepEqual(new Uint8Array(result.buffer), new Uint8Array([1, 2, 3]));
        assert.equal(await pool.run(null, { name: 'leftBytes' }), 0, 'nothing of it is left there');
      }
    }));

  it('may be a port, over which both sides talk while the run goes on', () =>
    withPool(ONE, async (pool) => {
      const { run, release } = await heldRun(pool);
      release();
      assert.equal(await run, 'released');
    }));

  it('is refused at once when it cannot be given away, and so is a result', () =>
    withPool(ONE, async (pool) => {
      await assert.rejects(pool.run({}, { transferList: [{} as ArrayBuffer] }), /transfer/i);
      await assert.rejects(
        pool.run(() => 1, { transferList: [] }),
        { name: 'DataCloneError' },
      );
      await assert.rejects(pool.run(null, { name: 'giveNonsense' }), /transfer/i);
      assert.equal(await pool.run(4), 8);
    }));

  it('is gone with its member: the run rejects and says so, others run again', () =>
    withPool({ ...ONE, laneDepth: 1 }, async (pool) => {
      const buffer = new ArrayBuffer(8);
      const lost = pool.run(buffer, { name: 'exitWith', transferList: [buffer] });
      const kept = new ArrayBuffer(16);
      const waiting = pool.run(kept, { name: 'sizeOf', transferList: [kept] });
      await assert.rejects(lost, (error) => {
        assert.ok(error instanceof WorkerLostError);
        assert.match(error.message, /transferred/);
        return true;
      });
      assert.equal(await waiting, 16);
    }));
});

describe('the order of runs', { timeout: 30_000 }, () => {
  it('follows priority and then submission, whatever runs already', () =>
    withPool({ ...ONE, laneDepth: 1 }, async (pool) => {
      const { run, release } = await heldRun(pool);
      const order: string[] = [];
      const runs = [0, 5, 9, 5, 0].map((priority, i) =>
        pool.run(i, { name: 'echo', priority }).then(() => order.push(`${String(priority)}#${String(i)}`)),
      );
      assert.equal(pool.queueSize, 5);
      release();
      await Promise.all([run, ...runs]);
      assert.deepEqual(order, ['9#2', '5#1', '5#3', '0#0', '0#4']);
    }));

  it('lets no short run wait for a long one while a member is free', () =>
    withPool({ minThreads: 2, maxThreads: 2 }, async (pool) => {
      // Handed over first and all at once: lanes are filled deep before anything was measured.
      const { port1, port2 } = new MessageChannel();
      const long = pool.run({ port: port2 }, { name: 'hold', transferList: [port2] });
      const short = Array.from({ length: 1_000 }, (_, i) => pool.run(i, { name: 'later' }));
      await Promise.all(short);
      assert.equal(await Promise.race([long, Promise.resolve('still running')]), 'still running');
      port1.postMessage('released');
      assert.equal(await long, 'released');
    }));

  it('lets none wait behind a computation while another member has a free slot, though nobody wakes the host', () =>
    withPool({ minThreads: 2, maxThreads: 2, asyncPerMember: 4 }, async (pool) => {
      const { run, release } = await heldRun(pool);
      const memory = new SharedMemory(new SharedArrayBuffer(8));
      const computing = pool.run(memory.bytes.buffer, { name: 'computeUntil', transferList: [] });
      while (memory.load(1) === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(
        (await Promise.all(Array.from({ length: 20 }, (_, i) => pool.run(i, { name: 'later' })))).length,
        20,
      );
      memory.store(0, 1);
      release();
      assert.deepEqual(await Promise.all([run, computing]), ['released', 'computed']);
    }));

  it('is kept by the caller: what awaits a run and what listens have the context of their makers', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    await storage.run('maker', () =>
      withPool({ ...ONE, laneDepth: 1, maxQueue: 2 }, async (pool) => {
        pool.on('needsDrain', () => seen.push(storage.getStore()));
        pool.on('drain', () => seen.push(storage.getStore()));
        const callers = ['a', 'b', 'c'].map((caller) =>
          storage.run(caller, async () => {
            await pool.run(1);
            return storage.getStore();
          }),
        );
        assert.deepEqual(await Promise.all(callers), ['a', 'b', 'c']);
      }),
    );
    assert.deepEqual(seen, ['maker', 'maker']);
  });
});

describe('back-pressure of a ThreadPool', { timeout: 30_000 }, () => {
  it('refuses more than maxQueue waiting runs and tells when to hold back and when to go on', () =>
    withPool({ ...ONE, laneDepth: 1, maxQueue: 3 }, async (pool) => {
      const told: string[] = [];
      pool.on('needsDrain', () => told.push('needsDrain'));
      const drained = once(pool, 'drain');
      const { run, release } = await heldRun(pool);
      const runs = [1, 2, 3].map((n) => pool.run(n));
      assert.deepEqual([told, pool.needsDrain, pool.queueSize], [['needsDrain'], true, 3]);
      await assert.rejects(pool.run(4), (error) => error instanceof PoolError && error.message.includes('maxQueue'));
      const buffer = new ArrayBuffer(8);
      await assert.rejects(pool.run(buffer, { transferList: [buffer] }), PoolError);
      assert.equal(buffer.byteLength, 8, 'what is refused keeps its buffers');
      release();
      await drained;
      assert.deepEqual([pool.needsDrain, pool.queueSize], [false, 0]);
      await Promise.all([run, ...runs]);
    }));

  it('takes no waiting run at all with maxQueue 0', () =>
    withPool({ ...ONE, laneDepth: 1, maxQueue: 0 }, async (pool) => {
      const { run, release } = await heldRun(pool);
      await assert.rejects(pool.run(1), PoolError);
      release();
      await run;
      assert.equal(await pool.run(1), 2);
    }));
});

describe('keys and caps of runs', { timeout: 60_000 }, () => {
  const labels = [
    ['an ordering key', { orderingKey: 'k' }],
    ['a cap', { cap: { name: 'gpu', limit: 1 } }],
  ] as const;
  for (const [label, options] of labels) {
    it(`keep a run with ${label} behind the one that has it, and no other`, () =>
      withPool({ minThreads: 2, maxThreads: 2 }, async (pool) => {
        const ends: string[] = [];
        const note = (name: string) => () => void ends.push(name);
        const { run, release } = await heldRun(pool, options);
        const first = run.then(note('first'));
        const second = pool.run(1, options).then(note('second'));
        await pool.run(1, { orderingKey: 'other', cap: { name: 'other', limit: 1 } }).then(note('other'));
        assert.equal(pool.utilization, 0.5, 'what waits is no work of a member');
        release();
        await Promise.all([first, second]);
        assert.deepEqual(ends, ['other', 'first', 'second']);
      }));
  }

  it('go on behind a run that was given up, whether it waited or ran', () =>
    withPool(ONE, async (pool) => {
      const [running, waiting] = [new AbortController(), new AbortController()];
      const runs = [running, waiting].map(({ signal }) => pool.run(null, { name: 'loop', signal, orderingKey: 'k' }));
      const last = pool.run(1, { orderingKey: 'k' });
      waiting.abort();
      running.abort();
      for (const run of runs) await assert.rejects(run, { name: 'AbortError' });
      assert.equal(await last, 2);
    }));

  it('are refused when they make no sense', () =>
    withPool(ONE, async (pool) => {
      const wrong = [{ orderingKey: 7 }, { cap: { name: 'gpu', limit: 0 } }, { cap: { limit: 1 } }];
      for (const options of wrong) await assert.rejects(pool.run(1, options as RunOptions), ConfigError);
    }));
});

describe('an abort', { timeout: 60_000 }, () => {
  it('of thousands under one signal has one listener, ends them all and no neighbour', () =>
    withPool(ONE, async (pool) => {
      const { run, release } = await heldRun(pool);
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = Array.from({ length: 10_000 }, () => pool.run(1, { name: 'loop', signal }));
      const neighbours = Array.from({ length: 10 }, (_, i) => pool.run(i));
      assert.equal(getEventListeners(signal, 'abort').length, 1);
      const reason = new Error('enough');
      controller.abort(reason);
      for (const result of await Promise.allSettled(aborted)) {
        assert.ok(result.status === 'rejected' && result.reason === reason);
      }
      release();
      assert.equal(await run, 'released');
      assert.deepEqual(await Promise.all(neighbours), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    }));

  it('of a computing run replaces its member; what waits behind it runs all the same', () =>
    withPool(ONE, async (pool) => {
      const controller = new AbortController();
      const looping = pool.run(null, { name: 'loop', signal: controller.signal });
      const neighbours = Array.from({ length: 10 }, (_, i) => pool.run(i));
      controller.abort();
      await assert.rejects(looping, { name: 'AbortError' });
      assert.deepEqual(await Promise.all(neighbours), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    }));

  it('of an awaited run rejects with the reason, too', () =>
    withPool({ ...ONE, asyncPerMember: 2 }, async (pool) => {
      const controller = new AbortController();
      const { run } = await heldRun(pool, { signal: controller.signal });
      // By the end of another one its promise is pending.
      await pool.run(1);
      const reason = new Error('enough');
      controller.abort(reason);
      await assert.rejects(run, (error) => error === reason);
    }));

  it('leaves no listener behind when the run has ended', () =>
    withPool(ONE, async (pool) => {
      const { signal } = new AbortController();
      await Promise.all([pool.run(1, { signal }), pool.run(2, { signal })]);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    }));
});

describe('options of a ThreadPool', () => {
  it('are refused when they do not exist, with what was meant, or make no sense', async () => {
    const wrong = (options: object): ThreadPool => new ThreadPool({ filename, ...options });
    assert.throws(() => wrong({ maxThread: 2 }), /did you mean "maxThreads"/);
    for (const options of [
      { minThreads: 3, maxThreads: 2 },
      { minThreads: 0 },
      { minThreads: 1.5 },
      { maxQueue: -1 },
      { idleTimeoutMs: -1 },
      { maxHeapMb: 0 },
    ]) {
      assert.throws(() => wrong(options), ConfigError, JSON.stringify(options));
    }
    const bound = (name: string) => new RegExp(`${name} must be a whole number from 1 to 1024, not 2000$`);
    assert.throws(() => wrong({ maxThreads: 2_000 }), { name: 'ConfigError', message: bound('maxThreads') });
    assert.throws(() => wrong({ minThreads: 2_000 }), { name: 'ConfigError', message: bound('minThreads') });
    await withPool(ONE, async (pool) => {
      assert.throws(() => {
        pool.resize(1, 2_000);
      }, bound('maxThreads'));
      await assert.rejects(pool.run(1, { nam: 'echo' } as object), /did you mean "name"/);
      for (const priority of [-1, 10, 0.5]) await assert.rejects(pool.run(1, { priority }), ConfigError);
    });
  });

  it('change the number of members while it runs', () =>
    withPool(ONE, async (pool) => {
      pool.resize(2);
      assert.equal(pool.size, 2);
      const held = await Promise.all([heldRun(pool), heldRun(pool)]);
      for (const { release } of held) release();
      await Promise.all(held.map(({ run }) => run));
      assert.throws(() => {
        pool.resize(0);
      }, ConfigError);
      pool.resize(1);
      assert.equal(pool.size, 1);
      assert.equal(await pool.run(1), 2);
    }));
});
