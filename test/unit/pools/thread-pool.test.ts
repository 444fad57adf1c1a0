import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  ConfigError,
  PoolError,
  SoftTimeLimitExceeded,
  TerminatedError,
  TimeLimitExceeded,
  WorkerLostError,
} from '../../../core/kernel/errors.js';
import { ThreadPool } from '../../../pools/public.js';
import { fixture } from '../../support/project.js';

const filename = new URL('../../support/members/functions.js', import.meta.url);

describe('ThreadPool', { timeout: 30_000 }, () => {
  const pool = new ThreadPool({ filename, minThreads: 1, maxThreads: 2 });
  after(() => pool.close());

  it('runs the default export, or another by name, with a copy of the value', async () => {
    assert.equal(await pool.run(20), 40);
    const value = { when: new Date(5), map: new Map([[1, undefined]]) };
    const copy = await pool.run<typeof value>(value, { name: 'echo' });
    assert.deepStrictEqual(copy, value);
    assert.notEqual(copy, value);
  });

  it('gives functions bytes as they were when it was called, bare, and so their results', async () => {
    for (const length of [0, 9, 4_096, 20_000, 100_000]) {
      for (const name of ['echo', 'later']) {
        for (const bytes of [new Uint8Array(length), Buffer.alloc(length)]) {
          bytes.fill(7);
          const run = pool.run<typeof bytes>(bytes, { name });
          const before = structuredClone(bytes);
          bytes.fill(8);
          const copy = await run;
          assert.deepEqual([Buffer.isBuffer(copy), copy.buffer.byteLength], [Buffer.isBuffer(bytes), length]);
          assert.ok(Buffer.from(copy).equals(before));
        }
      }
    }
  });

  it('keeps the bytes of a run that is given up to itself, whatever runs come after it', async () => {
    const controller = new AbortController();
    const held = pool.run(new Uint8Array(100_000).fill(1), { name: 'untilAborted', signal: controller.signal });
    const others = [2, 3, 4].map((n) => pool.run<Uint8Array>(new Uint8Array(100_000).fill(n), { name: 'echo' }));
    controller.abort(new Error('given up'));
    await assert.rejects(held, /given up/);
    const copies = await Promise.all(others);
    assert.deepEqual(
      copies.map((copy) => copy.at(-1)),
      [2, 3, 4],
    );
    for (let n = 5; n < 30; n++) {
      const copy = await pool.run<Uint8Array>(new Uint8Array(100_000).fill(n), { name: 'echo' });
      assert.ok(copy.every((byte) => byte === n));
    }
    assert.ok(
      copies.every((copy, i) => copy.every((byte) => byte === i + 2)),
      'results are nobody else’s',
    );
  });

  it('runs asynchronous functions, and many at once in order', async () => {
    const numbers = [...Array(5_000).keys()];
    assert.deepEqual(await Promise.all(numbers.map((n) => pool.run(n, { name: 'later' }))), numbers);
  });

  it('rejects with what the function threw', async () => {
    await assert.rejects(pool.run('why', { name: 'fail' }), (error) => {
      assert.ok(error instanceof RangeError && error.cause instanceof TypeError);
      assert.equal((error as RangeError & { code?: string }).code, 'E_WHY');
      assert.match(error.stack ?? '', /functions/);
      return true;
    });
    await assert.rejects(pool.run('thrown', { name: 'throwValue' }), (thrown) => thrown === 'thrown');
    for (const bytes of [new Uint8Array(9).fill(7), new Uint8Array(100_000)]) {
      await assert.rejects(pool.run(bytes, { name: 'throwValue' }), (thrown) => {
        assert.deepStrictEqual(thrown, bytes);
        return true;
      });
    }
  });

  it('rejects with the text of what was thrown when it can be neither read nor cloned', async () => {
    await assert.rejects(pool.run(null, { name: 'failWithTrap' }), { name: 'RangeError', message: 'trapped' });
    await assert.rejects(pool.run(null, { name: 'throwBareObject' }), /toClone/);
  });

  it('rejects a limit that is no positive number, and a buffer that is given away twice', async () => {
    for (const timeLimitMs of [0, -1, NaN]) await assert.rejects(pool.run(1, { timeLimitMs }), ConfigError);
    const buffer = new ArrayBuffer(8);
    await assert.rejects(pool.run(buffer, { transferList: [buffer, buffer] }), /ArrayBuffer/);
  });

  it('rejects what cannot be cloned on the way there and back', async () => {
    const isRefused = { name: 'DataCloneError', message: /could not be cloned/ };
    const refused = () => 1;
    await assert.rejects(pool.run(refused), { ...isRefused, code: DOMException.DATA_CLONE_ERR });
    await assert.rejects(pool.run({ refused }, { name: 'echo', priority: 1 }), isRefused);
    await assert.rejects(pool.run(refused, { transferList: [] }), isRefused);
    await assert.rejects(pool.run(null, { name: 'uncloneable' }), isRefused);
  });

  it('shares shared memory, in values, results and what is thrown', async () => {
    const memory = new SharedArrayBuffer(8);
    const there = new Int32Array(memory);
    for (const [name, options] of [
      ['echo', {}],
      ['later', {}],
      ['echo', { priority: 3, transferList: [] }],
    ] as const) {
      const back = await pool.run<{ readonly part: Int32Array }>({ part: there }, { name, ...options });
      Atomics.add(back.part, 0, 1);
      assert.ok(back.part.buffer instanceof SharedArrayBuffer);
    }
    assert.equal(there[0], 3);
    const thrown = await pool.run(memory, { name: 'throwValue' }).catch((value: unknown) => value);
    assert.ok(thrown instanceof SharedArrayBuffer);
    const failure = Object.assign(new RangeError('failed'), { memory });
    const error = await pool.run(failure, { name: 'throwValue' }).catch((value: unknown) => value);
    assert.ok(error instanceof RangeError);
  });

  it('names the functions that there are when one is missing', async () => {
    await assert.rejects(pool.run(1, { name: 'nope' }), (error) => {
      assert.ok(error instanceof PoolError);
      assert.match(error.message, /"nope".*echo/);
      return true;
    });
  });

  it('ends runs by limits and by the caller’s signal', async () => {
    await assert.rejects(pool.run(null, { name: 'loop', timeLimitMs: 50 }), TimeLimitExceeded);
    await assert.rejects(pool.run(null, { name: 'untilAborted', softTimeLimitMs: 50 }), SoftTimeLimitExceeded);
    const controller = new AbortController();
    const run = pool.run(null, { name: 'loop', signal: controller.signal });
    controller.abort(new Error('not needed'));
    await assert.rejects(run, /not needed/);
    await assert.rejects(pool.run(1, { signal: controller.signal }), /not needed/);
  });

  it('rejects with WorkerLostError when the member exits', async () => {
    await assert.rejects(pool.run(4, { name: 'exit' }), WorkerLostError);
    assert.equal(await pool.run(1), 2);
  });

  it('detaches what is transferred', async () => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    assert.deepEqual(
      await pool.run(buffer, { name: 'echo', transferList: [buffer] }),
      new Uint8Array([1, 2, 3]).buffer,
    );
    assert.equal(buffer.byteLength, 0);
  });
});

describe('ThreadPool with a TypeScript module', { timeout: 30_000 }, () => {
  it('compiles it, runs it, and shows its lines in stacks', async () => {
    const pool = new ThreadPool({ filename: fixture('pools', 'triple.ts'), minThreads: 1 });
    assert.equal(await pool.run(14), 42);
    await assert.rejects(pool.run(null, { name: 'fail' }), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.stack ?? '', /triple\.ts:11/);
      return true;
    });
    await pool.close();
  });
});

describe('the end of a ThreadPool', { timeout: 30_000 }, () => {
  it('finishes what waits on close, and refuses more', async () => {
    const pool = new ThreadPool({ filename, minThreads: 1, maxThreads: 1 });
    const runs = [...Array(200).keys()].map((n) => pool.run(n, { name: 'later' }));
    const closed = pool.close();
    await assert.rejects(pool.run(1), /closed/);
    await closed;
    assert.equal((await Promise.all(runs)).length, 200);
  });

  it('rejects what runs and what waits on destroy', async () => {
    const pool = new ThreadPool({ filename, minThreads: 1, maxThreads: 1 });
    await pool.ready;
    const runs = [...Array(100).keys()].map(() => pool.run(null, { name: 'loop' }));
    const settled = Promise.allSettled(runs);
    await pool.destroy();
    for (const result of await settled) {
      assert.ok(result.status === 'rejected');
      assert.ok(result.reason instanceof TerminatedError || result.reason instanceof PoolError);
    }
  });

  it('does not wait for members that never become ready', async () => {
    const neverLoaded = new URL('../../support/members/never-loaded.js', import.meta.url);
    const pool = new ThreadPool({ filename: neverLoaded, minThreads: 1 });
    const run = pool.run(1);
    await Promise.all([assert.rejects(run, /closed/), pool.destroy()]);
    await assert.rejects(pool.ready, /closed/);
  });

  it('may be asked for twice at once', async () => {
    const pool = new ThreadPool({ filename, minThreads: 1, maxThreads: 1 });
    await pool.ready;
    const runs = [...Array(5_000).keys()].map((n) => pool.run(n, { name: 'later' }));
    assert.ok(pool.queueSize > 0);
    await Promise.all([pool.close(), pool.close()]);
    assert.equal((await Promise.all(runs)).length, 5_000);
  });

  it('rejects every run when the module cannot be loaded', async () => {
    const pool = new ThreadPool({ filename: new URL('./missing.js', import.meta.url), minThreads: 1 });
    await assert.rejects(pool.run(1), /missing/);
    await assert.rejects(pool.ready, /missing/);
    await pool.close();
  });
});
