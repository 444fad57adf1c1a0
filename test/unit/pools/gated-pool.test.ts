import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualPool } from '../../support/manual-pool.js';
import { TestHandlers, TestJob } from '../../support/pool-job.js';
import { GatedPool } from '../../../pools/gated-pool.js';
import type { ConcurrencyCap } from '../../../core/ports/pool.js';

class LabelledJob extends TestJob {
  override readonly orderingKey: string | null;
  readonly cap: ConcurrencyCap | null;

  constructor(head: string, labels: { readonly key?: string | null; readonly cap?: ConcurrencyCap | null }) {
    super(head);
    this.orderingKey = labels.key ?? null;
    this.cap = labels.cap ?? null;
  }
}

function createPool(capacity = 100, maxWaiting = 1_000) {
  const handlers = new TestHandlers();
  let behind!: ManualPool;
  const pool = new GatedPool(
    (inner) => {
      behind = new ManualPool(inner, capacity);
      return behind;
    },
    handlers,
    { maxWaiting },
  );
  return { pool, behind, handlers };
}

function heads(behind: ManualPool): readonly string[] {
  return behind.jobs.map(({ job }) => job.head);
}

describe('a pool behind a turnstile', () => {
  it('gets the jobs of one key one after the other, in order, and those of other keys at once', () => {
    const { pool, behind } = createPool();
    for (const head of ['a1', 'a2', 'b1', 'a3', 'b2'])
      assert.ok(pool.submit(new LabelledJob(head, { key: head.charAt(0) })));
    assert.ok(pool.submit(new TestJob('plain')));
    assert.deepEqual(heads(behind), ['a1', 'b1', 'plain']);
    behind.end(0, 'lost');
    assert.deepEqual(heads(behind), ['b1', 'plain', 'a2']);
    behind.end(2);
    behind.end(0);
    assert.deepEqual(heads(behind), ['plain', 'a3', 'b2']);
  });

  it('gets no more jobs of a cap than its limit', () => {
    const { pool, behind } = createPool();
    for (let i = 0; i < 5; i++) pool.submit(new LabelledJob(String(i), { cap: { name: 'gpu', limit: 2 } }));
    assert.deepEqual(heads(behind), ['0', '1']);
    behind.end(1, 'time-limit');
    behind.end(0, 'terminated');
    assert.deepEqual(heads(behind), ['2', '3']);
    pool.submit(new LabelledJob('5', { cap: { name: 'gpu', limit: 4 } }));
    assert.deepEqual(heads(behind), ['2', '3', '4', '5'], 'the limit was raised');
  });

  it('lets a key that waits keep nobody of the same cap from passing', () => {
    const { pool, behind } = createPool();
    const cap = { name: 'gpu', limit: 2 };
    pool.submit(new LabelledJob('a1', { key: 'a', cap }));
    pool.submit(new LabelledJob('a2', { key: 'a', cap }));
    pool.submit(new LabelledJob('free', { cap }));
    assert.deepEqual(heads(behind), ['a1', 'free']);
  });

  it('takes back a job that waits, and one that has gone on but not started', () => {
    const { pool, behind } = createPool();
    const [first, second, third] = ['1', '2', '3'].map((head) => new LabelledJob(head, { key: 'k' })) as [
      LabelledJob,
      LabelledJob,
      LabelledJob,
    ];
    for (const job of [first, second, third]) pool.submit(job);
    assert.equal(pool.cancel(second, { terminate: true }), 'recalled');
    assert.equal(pool.recall(second), false);
    assert.equal(pool.isRunning(first), false);
    assert.ok(pool.recall(first));
    assert.deepEqual(heads(behind), ['3']);
    behind.begin(0);
    assert.ok(pool.isRunning(third));
    assert.equal(pool.recall(third), false);
    assert.equal(pool.cancel(third, { terminate: true }), 'running');
    assert.equal(third.endCount, 1);
    assert.equal(pool.cancel(third, { terminate: true }), 'unknown');
    assert.equal(first.endCount + second.endCount, 0);
  });

  it('holds a bounded number of waiting jobs, and tells when there is room', async () => {
    const { pool, behind, handlers } = createPool(100, 2);
    const jobs = [0, 1, 2, 3].map((i) => new LabelledJob(String(i), { key: 'k' }));
    assert.deepEqual(
      jobs.map((job) => pool.submit(job)),
      [true, true, true, false],
    );
    assert.equal(pool.snapshot().inFlight, 3);
    const room = handlers.room();
    behind.end(0);
    await room;
    assert.ok(pool.submit(jobs[3] as LabelledJob));
  });

  it('refuses what finds its key free but no room, and keeps no label for it', () => {
    const { pool, behind } = createPool(1);
    pool.submit(new TestJob('plain'));
    assert.equal(pool.submit(new LabelledJob('k1', { key: 'k' })), false);
    behind.end(0);
    assert.ok(pool.submit(new LabelledJob('k2', { key: 'k' })));
    assert.deepEqual(heads(behind), ['k2']);
  });

  it('lets nobody overtake who has waited for a label and waits for room now', async () => {
    const { pool, behind, handlers } = createPool(1);
    for (const head of ['k1', 'k2']) pool.submit(new LabelledJob(head, { key: 'k' }));
    behind.capacity = 0;
    behind.end(0);
    behind.capacity = 2;
    assert.equal(pool.submit(new TestJob('plain')), false);
    const room = handlers.room();
    behind.tellRoom();
    await room;
    assert.deepEqual(heads(behind), ['k2']);
    assert.ok(pool.submit(new TestJob('plain')));
  });

  it('tells waiting jobs when it is closed, after the time it has', async () => {
    const { pool, behind } = createPool();
    const jobs = ['1', '2'].map((head) => new LabelledJob(head, { key: 'k' }));
    for (const job of jobs) pool.submit(job);
    await pool.close(0);
    assert.ok(behind.isClosed);
    assert.deepEqual(await jobs[1]?.end, { type: 'terminated', started: false });
    assert.equal(jobs[0]?.endCount, 0, 'it is the pool behind that ends it');
  });

  it('runs what waits before it closes', async () => {
    const { pool, behind } = createPool();
    const jobs = ['1', '2', '3'].map((head) => new LabelledJob(head, { key: 'k' }));
    for (const job of jobs) pool.submit(job);
    const closed = pool.close(60_000);
    assert.equal(pool.submit(new LabelledJob('late', { key: 'k' })), false);
    for (let i = 0; i < 2; i++) behind.end(0);
    await closed;
    assert.deepEqual(heads(behind), ['3']);
  });

  it('takes nothing more while it closes, with a label or without', async () => {
    const { pool, behind } = createPool();
    for (const head of ['1', '2']) pool.submit(new LabelledJob(head, { key: 'k' }));
    const closed = pool.close(60_000);
    assert.equal(pool.submit(new TestJob('plain')), false);
    assert.deepEqual(heads(behind), ['1']);
    behind.end(0);
    await closed;
  });

  it('is closed for everybody who has asked', async () => {
    const { pool } = createPool();
    for (const head of ['1', '2']) pool.submit(new LabelledJob(head, { key: 'k' }));
    const closed = [pool.close(60_000), pool.close(60_000)];
    await pool.close(0);
    await Promise.all(closed);
  });

  it('tells nothing to a job that was taken back by who was told of another one', async () => {
    const { pool } = createPool();
    const [, second, third] = ['1', '2', '3'].map((head) => {
      const job = new LabelledJob(head, { key: 'k' });
      pool.submit(job);
      return job;
    }) as [LabelledJob, LabelledJob, LabelledJob];
    let isRecalled = false;
    const tell = second.onTerminated.bind(second);
    second.onTerminated = (...end) => {
      tell(...end);
      isRecalled = pool.recall(third);
    };
    await pool.close(0);
    assert.deepEqual([isRecalled, second.endCount, third.endCount], [true, 1, 0]);
    assert.equal(pool.snapshot().inFlight, 1, 'only what is in the pool behind');
  });

  it('takes a job again from whoever is told of its end', () => {
    const { pool, behind } = createPool();
    const job = new LabelledJob('again', { key: 'k' });
    const tell = job.onOutcome.bind(job);
    job.onOutcome = (...outcome) => {
      tell(...outcome);
      if (job.endCount === 1) assert.ok(pool.submit(job));
    };
    pool.submit(job);
    behind.end(0);
    assert.deepEqual(heads(behind), ['again']);
    assert.equal(pool.cancel(job, { terminate: false }), 'recalled', 'it is known');
    pool.submit(new LabelledJob('next', { key: 'k' }));
    assert.deepEqual(heads(behind), ['next'], 'its key is free');
  });

  it('lets those pass for whom a limit was raised, also by a job that has to wait for its key', () => {
    const { pool, behind } = createPool();
    for (const head of ['1', '2']) pool.submit(new LabelledJob(head, { cap: { name: 'gpu', limit: 1 } }));
    pool.submit(new LabelledJob('k1', { key: 'k' }));
    pool.submit(new LabelledJob('k2', { key: 'k', cap: { name: 'gpu', limit: 2 } }));
    assert.deepEqual(heads(behind), ['1', 'k1', '2']);
  });
});

/** What a random caller does: submits with one of few labels, ends, begins, recalls, cancels. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('submit' as const), key: fc.nat(3), cap: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat(5), how: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('begin' as const), at: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('recall' as const), at: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), at: fc.nat(20) }) },
  ),
  { maxLength: 120 },
);
const HOW = ['outcome', 'lost', 'time-limit', 'terminated'] as const;

describe('the turnstile, whatever is done to it', () => {
  it('keeps order and limits, and forgets no job', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 6 }), (script, capacity) => {
        const { pool, behind } = createPool(capacity, 8);
        const open = new Map<string, LabelledJob>();
        /** key → heads in the order in which they were taken */
        const order = new Map<string, string[]>();
        const started: string[] = [];
        const seen = new Set<string>();
        const check = (): void => {
          const held = behind.jobs.map(({ job }) => open.get(job.head));
          for (const [label, count] of countBy(held.map((job) => job?.orderingKey))) {
            assert.ok(count <= 1, `${String(count)} of key ${label}`);
          }
          for (const [label, count] of countBy(held.map((job) => job?.cap?.name))) {
            assert.ok(count <= Number(label), `${String(count)} of cap ${label}`);
          }
          for (const { job } of behind.jobs) {
            if (seen.has(job.head)) continue;
            seen.add(job.head);
            started.push(job.head);
          }
        };
        let next = 0;
        const gone = (head: string): void => {
          open.delete(head);
          for (const heads of order.values())
            if (heads.includes(head) && !seen.has(head)) heads.splice(heads.indexOf(head), 1);
        };
        for (const step of script) {
          if (step.do === 'submit') {
            const key = step.key === 0 ? null : `k${String(step.key)}`;
            const cap = step.cap === 0 ? null : { name: String(step.cap), limit: step.cap };
            const job = new LabelledJob(String(next++), { key, cap });
            if (pool.submit(job)) {
              open.set(job.head, job);
              if (key !== null) order.set(key, [...(order.get(key) ?? []), job.head]);
            }
          } else if (step.do === 'end') {
            const head = behind.jobs[step.at]?.job.head;
            behind.end(step.at, HOW[step.how]);
            if (head !== undefined) gone(head);
          } else if (step.do === 'begin') behind.begin(step.at);
          else {
            const job = [...open.values()][step.at];
            if (job === undefined) continue;
            if (step.do === 'recall' ? pool.recall(job) : pool.cancel(job, { terminate: true }) !== 'unknown')
              gone(job.head);
          }
          check();
        }
        // Everything that was taken and not taken back comes to its end.
        for (let rounds = 0; open.size > 0 && rounds < 1_000; rounds++) {
          const head = behind.jobs[0]?.job.head;
          behind.end(0);
          if (head !== undefined) gone(head);
          check();
        }
        assert.equal(open.size, 0, `forgotten: ${[...open.keys()].join(', ')}`);
        assert.equal(pool.snapshot().inFlight, 0);
        for (const heads of order.values()) {
          assert.deepEqual(
            started.filter((head) => heads.includes(head)),
            heads,
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

function countBy(labels: readonly (string | null | undefined)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) if (label != null) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
