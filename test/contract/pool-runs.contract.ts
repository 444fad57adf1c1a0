/** Runs: what goes in and comes out, calls, output, and room. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { outcomeText, type PoolSuite } from './pool-suite.js';
import { submit, TestJob } from '../support/pool-job.js';

export function exerciseRuns({ withPool, itIf }: PoolSuite): void {
  it('gives back what the program made of head and body', () =>
    withPool({ size: 1 }, async ({ run }) => {
      assert.equal(outcomeText(await run('echo', { body: Buffer.from('häuser') })), 'häuser');
      assert.equal(outcomeText(await run('echo:çé')), '');
    }));

  it('carries 5 MB both ways', () =>
    withPool({ size: 1 }, async ({ run }) => {
      const body = Buffer.alloc(5_000_000, 'celeriac ');
      const end = await run('echo', { body });
      assert.ok(end.type === 'outcome' && end.payload.equals(body));
    }));

  it('tells that a run has been accepted before its outcome', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const job = await submit(pool, handlers, new TestJob('echo'));
      await job.end;
      assert.equal(job.acceptedCount, 1);
    }));

  it('answers false when every lane is full, and tells when there is room', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const jobs: TestJob[] = [];
      let refused = 0;
      for (let i = 0; i < 3_000; i++) {
        const job = new TestJob('echo', { body: Buffer.from(String(i)) });
        if (!pool.submit(job)) {
          refused++;
          await handlers.room();
          i--;
        } else jobs.push(job);
      }
      const texts = await Promise.all(jobs.map(async (job) => outcomeText(await job.end)));
      assert.ok(refused > 0);
      assert.deepEqual(texts, [...texts.keys()].map(String));
    }));

  it('serves the calls of a run with replies and errors', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      assert.equal(outcomeText(await run('call', { body: Buffer.from('hello') })), 'HELLO');
      assert.equal(outcomeText(await run('call-failing')), 'TypeError/refused/E_REFUSED');
      assert.notEqual(handlers.calls[0]?.job, null);
    }));

  it('keeps the order of more calls than a ring holds', () =>
    withPool({ size: 1 }, async ({ run, handlers }) => {
      const numbers = [...Array(20_000).keys()].map(String);
      assert.equal(outcomeText(await run('many-calls:20000')), numbers.join(','));
      assert.deepEqual(
        handlers.calls.map(({ text }) => text),
        numbers,
      );
    }));

  it('runs as many promises at once as the member has slots', () =>
    withPool({ size: 1, asyncPerMember: 3 }, async ({ pool, handlers, run }) => {
      const held = [new TestJob('hold'), new TestJob('hold')];
      for (const job of held) await submit(pool, handlers, job);
      assert.equal(outcomeText(await run('echo', { body: Buffer.from('third') })), 'third');
      await Promise.all(held.map((job) => job.accepted));
    }));

  itIf('replacesMembers', 'passes on what a member prints', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      await run('print:words');
      await handlers.someOutput();
      assert.equal(handlers.output, 'words');
    }),
  );

  itIf('replacesMembers', 'names the run that has printed', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const job = await submit(pool, handlers, new TestJob('print:words'));
      await job.end;
      await handlers.someOutput();
      assert.deepEqual(handlers.printed, [{ text: 'words', job }]);
    }),
  );

  itIf('replacesMembers', 'passes on what a member prints just before it exits', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      assert.equal((await run('print-and-exit:last words')).type, 'lost');
      await handlers.someOutput();
      assert.equal(handlers.output, 'last words');
    }),
  );

  it('ignores what user code posts to its parent port', () =>
    withPool({ size: 1 }, async ({ run }) => {
      assert.equal(outcomeText(await run('post-to-parent')), 'posted');
      assert.equal(outcomeText(await run('who')), '0.1');
    }));

  itIf('replacesMembers', 'gives what waits behind a long run to a member that has nothing to do', () =>
    withPool({ size: 2 }, async ({ pool, handlers }) => {
      const long = await submit(pool, handlers, new TestJob('wait-abort'));
      await long.accepted;
      const short = Array.from({ length: 20 }, () => new TestJob('echo'));
      for (const job of short) await submit(pool, handlers, job);
      await Promise.all(short.map((job) => job.end));
      assert.equal(long.endCount, 0);
      pool.cancel(long, { terminate: false });
      assert.equal(outcomeText(await long.end), 'TerminatedError');
    }),
  );
}
