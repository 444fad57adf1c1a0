/** What every result backend must do, asked through its port only. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock, type Clock } from '../../core/kernel/clock.js';
import { BackendError } from '../../core/kernel/errors.js';
import type { Backend, StoredResult, Watch } from '../../core/ports/backend.js';

/** How long a backend keeps what it stores. */
export interface Retention {
  /** By whose time results expire. */
  readonly clock?: Clock;
  readonly expiresMs?: number | null;
  readonly maxCount?: number;
}

/** One empty store. */
export interface BackendFixture {
  /** A connected backend on this store; the suite closes it. */
  open(retention?: Retention): Promise<Backend>;
  dispose(): Promise<void>;
}

function result(taskId: string, state: string, text = state): StoredResult {
  return { taskId, state, document: Buffer.from(text) };
}

function textOf(found: StoredResult | null | undefined): string | null {
  return found === null || found === undefined ? null : Buffer.from(found.document).toString();
}

/** A watch whose results are waited for. */
class Watcher {
  readonly states: string[] = [];
  readonly watch: Watch;
  #waiters: { readonly state: string; readonly resolve: (result: StoredResult) => void }[] = [];
  readonly #seen = new Map<string, StoredResult>();

  constructor(backend: Backend, taskId: string) {
    this.watch = backend.watch(taskId, (found) => {
      assert.equal(found.taskId, taskId);
      this.states.push(found.state);
      this.#seen.set(found.state, found);
      for (const waiter of this.#waiters) if (waiter.state === found.state) waiter.resolve(found);
      this.#waiters = this.#waiters.filter((waiter) => waiter.state !== found.state);
    });
  }

  /** Resolves when the task has had this state. */
  until(state: string): Promise<StoredResult> {
    const seen = this.#seen.get(state);
    if (seen !== undefined) return Promise.resolve(seen);
    return new Promise((resolve) => {
      this.#waiters.push({ state, resolve });
    });
  }
}

export function exerciseBackend(name: string, create: () => Promise<BackendFixture>): void {
  describe(`backend contract: ${name}`, { timeout: 60_000 }, () => {
    let fixture: BackendFixture;
    let opened: Backend[] = [];
    const open: Open = async (retention) => {
      const backend = await fixture.open(retention);
      opened.push(backend);
      return backend;
    };

    beforeEach(async () => {
      fixture = await create();
    });
    afterEach(async () => {
      for (const backend of opened) await backend.close(5_000);
      opened = [];
      await fixture.dispose();
    });

    exerciseStore(open);
    exerciseWatch(open);
    exerciseGroups(open);
    exerciseRetention(open);
  });
}

type Open = (retention?: Retention) => Promise<Backend>;

function exerciseStore(open: Open): void {
  test('what is stored is fetched in the order of the ids, null for what is not', async () => {
    const backend = await open();
    await backend.store([result('a', 'SUCCESS', '"ä"'), result('b', 'FAILURE', '{}')]);
    const found = await backend.fetch(['b', 'missing', 'a']);
    assert.deepEqual(found.map(textOf), ['{}', null, '"ä"']);
    assert.deepEqual(
      found.map((one) => one?.state ?? null),
      ['FAILURE', null, 'SUCCESS'],
    );
    assert.deepEqual(await backend.fetch([]), []);
  });

  test('binary, empty and large documents come as they were stored', async () => {
    const backend = await open();
    const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const large = Buffer.alloc(3 * 1024 * 1024, 'x');
    await backend.store([
      { taskId: 'binary', state: 'SUCCESS', document: binary },
      { taskId: 'large', state: 'SUCCESS', document: large },
    ]);
    await backend.store([{ taskId: 'empty', state: 'SUCCESS', document: new Uint8Array(0) }]);
    const [first, second, third] = await backend.fetch(['binary', 'empty', 'large']);
    assert.ok(first && second && third);
    assert.ok(binary.equals(first.document));
    assert.equal(second.document.byteLength, 0);
    assert.ok(large.equals(third.document));
  });

  test('a stored SUCCESS is never overwritten', async () => {
    const backend = await open();
    await backend.store([result('a', 'SUCCESS', 'first')]);
    for (const state of ['SUCCESS', 'FAILURE', 'RETRY', 'STARTED', 'REVOKED']) {
      await backend.store([result('a', state, 'second')]);
    }
    assert.equal(textOf((await backend.fetch(['a']))[0]), 'first');
  });

  test('a ready state is never overwritten by an unready one, but an unready one by any', async () => {
    const backend = await open();
    await backend.store([result('a', 'STARTED')]);
    await backend.store([result('a', 'RETRY')]);
    assert.equal((await backend.fetch(['a']))[0]?.state, 'RETRY');
    await backend.store([result('a', 'FAILURE')]);
    await backend.store([result('a', 'STARTED')]);
    assert.equal((await backend.fetch(['a']))[0]?.state, 'FAILURE');
    await backend.store([result('a', 'SUCCESS')]);
    assert.equal((await backend.fetch(['a']))[0]?.state, 'SUCCESS');
  });

  test('the last of one batch stands', async () => {
    const backend = await open();
    await backend.store([result('a', 'STARTED'), result('a', 'SUCCESS'), result('a', 'STARTED')]);
    assert.equal((await backend.fetch(['a']))[0]?.state, 'SUCCESS');
  });

  test('what is forgotten is not there, and can be stored again', async () => {
    const backend = await open();
    await backend.store([result('a', 'SUCCESS', 'old'), result('b', 'SUCCESS')]);
    await backend.forget(['a', 'missing']);
    assert.deepEqual((await backend.fetch(['a', 'b'])).map(textOf), [null, 'SUCCESS']);
    await backend.store([result('a', 'SUCCESS', 'new')]);
    assert.equal(textOf((await backend.fetch(['a']))[0]), 'new');
  });

  test('after close every call fails with a BackendError, and closing again is harmless', async () => {
    const backend = await open();
    await backend.close(5_000);
    await backend.close(5_000);
    await assert.rejects(async () => backend.store([result('a', 'SUCCESS')]), BackendError);
    await assert.rejects(async () => backend.fetch(['a']), BackendError);
    assert.throws(() => backend.watch('a', () => undefined), BackendError);
  });
}

function exerciseWatch(open: Open): void {
  test('a watch is told the present result', async () => {
    const backend = await open();
    await backend.store([result('a', 'SUCCESS', 'there')]);
    const watcher = new Watcher(backend, 'a');
    assert.equal(textOf(await watcher.until('SUCCESS')), 'there');
    watcher.watch.stop();
  });

  test('a watch is told each later state, from another backend too', async () => {
    const backend = await open();
    const other = await open();
    const watcher = new Watcher(backend, 'a');
    await other.store([result('a', 'STARTED')]);
    await watcher.until('STARTED');
    await other.store([result('unwatched', 'SUCCESS')]);
    await other.store([result('a', 'SUCCESS', 'done')]);
    assert.equal(textOf(await watcher.until('SUCCESS')), 'done');
    watcher.watch.stop();
  });

  test('two watches of one task both hear, and one goes on when the other stops', async () => {
    const backend = await open();
    const first = new Watcher(backend, 'a');
    await backend.store([result('a', 'STARTED')]);
    await first.until('STARTED');
    const second = new Watcher(backend, 'a');
    await second.until('STARTED');
    first.watch.stop();
    first.watch.stop();
    await backend.store([result('a', 'SUCCESS')]);
    await second.until('SUCCESS');
    assert.ok(!first.states.includes('SUCCESS'));
    second.watch.stop();
  });

  test('a stopped watch hears nothing more', async () => {
    const backend = await open();
    const stopped = new Watcher(backend, 'a');
    stopped.watch.stop();
    const witness = new Watcher(backend, 'a');
    await backend.store([result('a', 'SUCCESS')]);
    await witness.until('SUCCESS');
    assert.deepEqual(stopped.states, []);
    witness.watch.stop();
  });

  test('a thousand watches each hear of their own task only', async () => {
    const backend = await open();
    const other = await open();
    const ids = Array.from({ length: 1_000 }, (_, i) => `t${String(i)}`);
    const watchers = ids.map((taskId) => new Watcher(backend, taskId));
    await other.store(ids.map((taskId) => result(taskId, 'SUCCESS', taskId)));
    const found = await Promise.all(watchers.map((watcher) => watcher.until('SUCCESS')));
    assert.deepEqual(found.map(textOf), ids);
    for (const { watch } of watchers) watch.stop();
  });
}

function exerciseGroups(open: Open): void {
  test('a group is kept under its id, apart from the results, replaced and deleted', async () => {
    const backend = await open();
    await backend.store([result('g', 'SUCCESS', 'of the task')]);
    assert.equal(await backend.fetchGroup('g'), null);
    await backend.saveGroup('g', Buffer.from('first'));
    await backend.saveGroup('g', Buffer.from('second'));
    const found = await (await open()).fetchGroup('g');
    assert.equal(Buffer.from(found ?? []).toString(), 'second');
    await backend.deleteGroup('g');
    assert.equal(await backend.fetchGroup('g'), null);
    assert.equal(textOf((await backend.fetch(['g']))[0]), 'of the task');
  });
}

const HOUR_MS = 3_600_000;

function exerciseRetention(open: Open): void {
  test('what is stored expires after its time, and cleanup removes it', async () => {
    // Stored two hours ago as the clock of the first says, for an hour.
    const past: Clock = { ...systemClock, nowEpochMs: () => systemClock.nowEpochMs() - 2 * HOUR_MS };
    const earlier = await open({ clock: past, expiresMs: HOUR_MS });
    await earlier.store([result('old', 'SUCCESS'), result('older', 'FAILURE')]);
    const backend = await open({ expiresMs: null });
    assert.deepEqual((await backend.fetch(['old', 'older'])).map(textOf), [null, null]);
    // A store that removes some of what has expired with each write may have left nothing to do.
    assert.ok((await backend.cleanup()) <= 2);
    assert.equal(await backend.cleanup(), 0);
    await backend.store([result('kept', 'SUCCESS')]);
    assert.equal(await backend.cleanup(), 0);
    assert.equal(textOf((await backend.fetch(['kept']))[0]), 'SUCCESS');
  });

  test('beyond the bound of their number the oldest results go', async () => {
    const backend = await open({ maxCount: 3 });
    for (const id of ['a', 'b', 'c']) await backend.store([result(id, 'STARTED')]);
    await backend.store([result('a', 'SUCCESS')]);
    await backend.store([result('d', 'SUCCESS'), result('e', 'SUCCESS')]);
    const found = await backend.fetch(['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(found.map(textOf), ['SUCCESS', null, null, 'SUCCESS', 'SUCCESS']);
  });

  test('two that store an end of one task at once leave the SUCCESS', async () => {
    const [first, second] = [await open(), await open()];
    for (let round = 0; round < 20; round++) {
      const id = `t${String(round)}`;
      const ends = [first.store([result(id, 'SUCCESS')]), second.store([result(id, 'FAILURE')])];
      await Promise.all(round % 2 === 0 ? ends : ends.reverse());
      assert.equal((await first.fetch([id]))[0]?.state, 'SUCCESS');
    }
  });
}
