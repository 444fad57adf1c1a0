import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ProcessPool } from '../../../../pools/process/process-pool.js';
import type { ProcessPoolOptions } from '../../../../pools/process/process-options.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../../../support/pool-job.js';

const programUrl = new URL('../../../support/members/mortal.js', import.meta.url).href;
const START_MS = 20_000;

interface Bench {
  readonly pool: ProcessPool;
  readonly handlers: TestHandlers;
  readonly end: (act: string) => Promise<JobEnd>;
  readonly value: (act: string) => Promise<unknown>;
}

async function withPool(
  options: Omit<ProcessPoolOptions, 'programUrl'>,
  test: (bench: Bench) => Promise<void>,
): Promise<void> {
  const handlers = new TestHandlers();
  const pool = new ProcessPool({ ...options, programUrl }, handlers);
  const end = async (act: string): Promise<JobEnd> => (await submit(pool, handlers, new TestJob(act))).end;
  const value = async (act: string): Promise<unknown> => {
    const ended = await end(act);
    assert.equal(ended.type, 'outcome');
    return ended.type === 'outcome' ? (JSON.parse(ended.text) as unknown) : null;
  };
  // A pool without work holds no process, and some tests wait for what it does then.
  const hold = setInterval(() => undefined, START_MS);
  try {
    await pool.start(START_MS);
    await test({ pool, handlers, end, value });
  } finally {
    clearInterval(hold);
    await pool.close(0);
  }
}

function lossOf(end: JobEnd): string {
  assert.equal(end.type, 'lost');
  return end.type === 'lost' ? end.error.message : '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a pool of processes', { timeout: 90_000 }, () => {
  for (const [act, pattern] of [
    ['signal:SIGSEGV', /killed by SIGSEGV/],
    ['signal:SIGKILL', /killed by SIGKILL/],
    ['abort', /killed by SIGABRT/],
  ] as const) {
    it(`loses the run and the process of it alone when it dies of ${act}`, () =>
      withPool({ size: 2 }, async ({ pool, handlers, end, value }) => {
        const neighbour = await submit(pool, handlers, new TestJob('hold'));
        await neighbour.accepted;
        assert.match(lossOf(await end(act)), pattern);
        assert.equal(typeof (await value('pid')), 'number');
        assert.equal(neighbour.endCount, 0);
        assert.deepEqual(pool.snapshot().retired, { lost: 1 });
      }));
  }

  it('lets no signal of a terminal or a service manager end a member', () =>
    withPool({ size: 1 }, async ({ value }) => {
      const pid = (await value('pid')) as number;
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
      assert.equal(await value('pid'), pid);
    }));

  it('replaces a member that holds too much memory after its job, the new one loaded first', () =>
    withPool({ size: 1, maxMemoryPerMemberKib: 250 * 1024 }, async ({ pool, handlers, value }) => {
      const pid = await value('pid');
      assert.equal(await value('hoard:1'), pid);
      await value('hoard:250');
      await handlers.someRetirement();
      assert.notEqual(await value('pid'), pid);
      assert.deepEqual(pool.snapshot().retired, { rss: 1 });
      assert.equal(pool.snapshot().recycled, 1);
    }));

  it('replaces the largest member while host and members together are too large', () =>
    withPool({ size: 1, maxRssMb: 1 }, async ({ pool, handlers, value }) => {
      const pid = await value('pid');
      await handlers.someRetirement();
      assert.notEqual(await value('pid'), pid);
      assert.ok((pool.snapshot().retired.rss ?? 0) >= 1);
    }));

  it('replaces members by their age one after the other', () =>
    withPool({ size: 2, maxAgeMs: 50 }, async ({ handlers }) => {
      await handlers.someRetirement();
      assert.equal(handlers.retired[0]?.cause, 'age');
    }));

  it('gives a member neither an inspector nor the mark by which it knows itself', () =>
    withPool({ size: 1, execArgv: null, env: { ...process.env, NODE_OPTIONS: '' } }, async ({ value }) => {
      const { execArgv, member } = (await value('options')) as { execArgv: string[]; member: string | null };
      assert.equal(member, null);
      assert.deepEqual(
        execArgv.filter((option) => option.startsWith('--inspect')),
        [],
      );
    }));

  it('knows that a member is gone although a process of its task holds its output', () =>
    withPool({ size: 1 }, async ({ end, value }) => {
      assert.match(lossOf(await end('leave-behind')), /code 7/);
      assert.equal(typeof (await value('pid')), 'number');
    }));

  it('names the run that has printed, and passes on what another process printed for it', () =>
    withPool({ size: 1, asyncPerMember: 4 }, async ({ pool, handlers }) => {
      const job = await submit(pool, handlers, new TestJob('prints:words'));
      await job.end;
      await (
        await submit(pool, handlers, new TestJob('natively:others'))
      ).end;
      await handlers.outputOf('others');
      assert.deepEqual(
        handlers.printed.filter(({ text }) => text === 'words'),
        [
          { text: 'words', job },
          { text: 'words', job },
        ],
      );
    }));

  it('ends a member that writes into the pipe of the pool', () =>
    withPool({ size: 1 }, async ({ pool, end, value }) => {
      assert.match(lossOf(await end('scribble')), /wrote what no member writes/);
      assert.equal(typeof (await value('pid')), 'number');
      assert.deepEqual(pool.snapshot().retired, { poisoned: 1 });
    }));

  for (const when of ['runs', 'loads']) {
    it(`leaves no member behind that computes for ever while it ${when} when the host is killed`, async () => {
      const program = fileURLToPath(new URL('../../../support/process-host.js', import.meta.url));
      const host = spawn(process.execPath, [program, when], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(host.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      assert.ok(isAlive(pid));
      host.kill('SIGKILL');
      // The test's own limit ends the wait for one that stays.
      while (isAlive(pid)) await new Promise(setImmediate);
    });
  }

  it('outlives a time without file descriptors, and has its members again afterwards', async () => {
    const program = fileURLToPath(new URL('../../../support/starved-host.js', import.meta.url));
    const command = ['-c', 'ulimit -n 200 && exec "$0" "$1"', process.execPath, program];
    const { stdout } = await promisify(execFile)('sh', command);
    assert.match(stdout, /no file descriptors left/);
  });

  it('ends a member whose loop a run that was given up keeps from turning, though another job was sent there', () =>
    withPool({ size: 1, asyncPerMember: 2 }, async ({ pool, handlers }) => {
      const stuck = await submit(pool, handlers, new TestJob('loop-later', { timeLimitMs: 300 }));
      await stuck.accepted;
      const sent = await submit(pool, handlers, new TestJob('pid'));
      assert.equal((await stuck.end).type, 'time-limit');
      assert.equal((await sent.end).type, 'outcome');
      assert.equal(sent.acceptedCount, 1);
    }));

  it('starts one process for each place when it is renewed', () =>
    withPool({ size: 3 }, async ({ pool, handlers }) => {
      let spawned = 0;
      Object.assign(handlers, { onSpawn: () => spawned++ });
      await pool.renew(null);
      const areNew = (): boolean => {
        const { members } = pool.snapshot();
        return members.length === 3 && members.every(({ state, epoch }) => state === 'ready' && epoch > 1);
      };
      while (!areNew()) await new Promise(setImmediate);
      assert.equal(spawned, 3);
    }));

  it('replaces a member that is too large although the first replacement could not load', () => {
    const env: NodeJS.ProcessEnv = { ...process.env };
    return withPool({ size: 1, maxMemoryPerMemberKib: 1, env }, async ({ handlers, value }) => {
      env['MORTAL_FAULT'] = 'throws';
      const pid = await value('pid');
      while (handlers.lost.length === 0) await new Promise(setImmediate);
      delete env['MORTAL_FAULT'];
      while ((await value('pid')) === pid);
    });
  });

  it('shows the ids of its processes, and leaves none behind', async () => {
    let pids: readonly number[] = [];
    await withPool({ size: 2 }, ({ pool }) => {
      pids = pool.snapshot().members.map(({ threadId }) => threadId);
      assert.ok(pids.every(isAlive));
      return Promise.resolve();
    });
    assert.equal(pids.length, 2);
    assert.ok(!pids.some(isAlive));
  });
});
