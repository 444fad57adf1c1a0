/** Members that die, and what becomes of the jobs that they had. */
import assert from 'node:assert/strict';
import { errorOf, outcomeText, type PoolSuite } from './pool-suite.js';
import { submit, TestJob } from '../support/pool-job.js';

/** Acts the moment it is told of its loss, as a worker that retries does. */
class ReactingJob extends TestJob {
  readonly #react: () => void;

  constructor(head: string, react: () => void) {
    super(head);
    this.#react = react;
  }

  override onLost(error: Error): void {
    this.#react();
    super.onLost(error);
  }
}

export function exerciseDeaths({ withPool, itIf, capabilities }: PoolSuite): void {
  for (const act of ['throw-inside', 'reject-inside']) {
    itIf(
      'replacesMembers',
      `ends a member whose program breaks its contract (${act}), and names the error as the cause of the loss`,
      () =>
        withPool({ size: 1 }, async ({ run }) => {
          const { cause } = errorOf(await run(act), 'lost');
          assert.ok(cause instanceof Error && cause.name === 'RangeError');
          assert.match(cause.message, /by the program/);
          assert.equal(outcomeText(await run('who')), '0.2');
        }),
    );
  }

  itIf(
    'replacesMembers',
    'gives the outcome of a run that its member survived by a moment only, also a large one',
    () =>
      withPool({ size: 1 }, async ({ run }) => {
        assert.equal(outcomeText(await run('big-and-exit:1000000')).length, 1_000_000);
      }),
  );

  itIf('replacesMembers', 'runs what is submitted by whoever is told of a loss', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const next = new TestJob('who');
      const fatal = new ReactingJob('exit:1', () => void submit(pool, handlers, next));
      await submit(pool, handlers, fatal);
      errorOf(await fatal.end, 'lost');
      assert.equal(outcomeText(await next.end), '0.2');
    }),
  );

  itIf('replacesMembers', 'recalls, for whoever is told of a loss, what stood behind the lost run', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const behind = new TestJob('echo');
      const answers: string[] = [];
      const fatal = new ReactingJob('exit:1', () => answers.push(pool.cancel(behind, { terminate: false })));
      assert.ok(pool.submit(fatal) && pool.submit(behind));
      errorOf(await fatal.end, 'lost');
      assert.equal(outcomeText(await run('who')), '0.2');
      assert.deepEqual([answers, behind.endCount, pool.snapshot().inFlight], [['recalled'], 0, 0]);
      assert.equal(handlers.lost.length, 1);
    }),
  );

  itIf('replacesMembers', 'reports the run of a member that exits as lost, and replaces the member', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      assert.match(errorOf(await run('exit:3'), 'lost').message, /code 3/);
      assert.equal(outcomeText(await run('who')), '0.2');
      assert.equal(handlers.lost.length, 1);
      assert.equal(handlers.lost[0]?.epoch, 1);
    }),
  );

  itIf('replacesMembers', 'tells why members leave, and counts it', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      await run('exit:3');
      if (capabilities.endsComputations) await run('loop', { timeLimitMs: 30 });
      await run('who');
      const causes = capabilities.endsComputations ? ['lost', 'time-limit'] : ['lost'];
      assert.deepEqual(
        handlers.retired.map(({ name, cause }) => `${name} ${cause}`),
        causes.map((cause, at) => `0.${String(at + 1)} ${cause}`),
      );
      assert.deepEqual(pool.snapshot().retired, Object.fromEntries(causes.map((cause) => [cause, 1])));
    }),
  );

  itIf(
    'replacesMembers',
    'reports the run of a member that dies of an error outside of it as lost, with that error',
    () =>
      withPool({ size: 1 }, async ({ run }) => {
        const error = errorOf(await run('throw-outside'), 'lost');
        assert.ok(error.cause instanceof Error);
        assert.equal(error.cause.message, 'thrown outside of the task');
        assert.equal(outcomeText(await run('who')), '0.2');
      }),
  );

  itIf('replacesMembers', 'names a member that ran out of memory', () =>
    withPool({ size: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } }, async ({ run }) => {
      assert.match(errorOf(await run('oom'), 'lost').message, /ran out of memory/);
      assert.equal(outcomeText(await run('who')), '0.2');
    }),
  );

  itIf('replacesMembers', 'runs elsewhere what a dead member had not started', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const fatal = new TestJob('exit:1');
      const behind = Array.from({ length: 10 }, (_, i) => new TestJob('echo', { body: Buffer.from(String(i)) }));
      for (const job of [fatal, ...behind]) assert.ok(pool.submit(job));
      errorOf(await fatal.end, 'lost');
      const texts = await Promise.all(behind.map(async (job) => outcomeText(await job.end)));
      assert.deepEqual(texts, [...texts.keys()].map(String));
      assert.ok(behind.every((job) => job.endCount === 1 && job.acceptedCount === 1));
      assert.equal(handlers.lost.length, 1);
    }),
  );

  itIf('endsComputations', 'carries out the call that a run had made before its member was killed', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      errorOf(await run('call-and-loop', { body: Buffer.from('last words'), timeLimitMs: 50 }), 'time-limit');
      assert.deepEqual(
        handlers.calls.map(({ text }) => text),
        ['last words'],
      );
    }),
  );
}
