/** `celeriac worker --http`: what a scraper and an orchestrator see of a worker that runs tasks, is asked to stop and ends. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { CeleriacProcess } from '../support/celeriac-process.js';
import { CommandLineProject } from '../support/command-line-project.js';

async function fetchText(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return { status: response.status, text: await response.text() };
}

describe('a worker with --http', { timeout: 60_000 }, () => {
  const project = new CommandLineProject();
  let worker: CeleriacProcess;
  let url = '';

  before(async () => {
    worker = project.start(['-A', 'tasks.js', 'worker', '-c', '2', '--http', '127.0.0.1:0']);
    const line = await worker.line(/metrics and probes at/);
    url = /http:\/\/\S+/.exec(line)?.[0] ?? '';
  });

  after(async () => {
    await worker.dispose();
    project.remove();
  });

  it('has started, is alive and ready, with the ages of broker and store', async () => {
    for (const path of ['startupz', 'livez', 'readyz']) {
      const { status, text } = await fetchText(`${url}/${path}`);
      assert.equal(status, 200, `${path}: ${text}`);
      const health = JSON.parse(text) as Record<string, unknown>;
      assert.equal(health['state'], 'ready');
      assert.equal(health['ready_members'], 2);
      assert.equal(typeof health['claim_age_seconds'], 'number');
      assert.equal(typeof health['backend_age_seconds'], 'number');
    }
  });

  it('counts what has run', async () => {
    const called = await project.run(['-A', 'tasks.js', 'call', 'add', '--args', '[2,3]', '--wait']);
    assert.equal(called.stdout, '5\n');
    const { text } = await fetchText(`${url}/metrics`);
    assert.match(text, /^celeriac_tasks_received_total\{task="add"\} 1$/m);
    assert.match(text, /^celeriac_task_runs_total\{task="add",end="success"\} 1$/m);
    assert.match(text, /^celeriac_task_queue_seconds_count\{task="add"\} 1$/m);
    assert.match(text, /^celeriac_task_run_seconds_bucket\{task="add",le="\+Inf"\} 1$/m);
    assert.match(text, /^celeriac_pool_size 2$/m);
    assert.match(text, /^celeriac_pool_members\{state="ready"\} 2$/m);
    assert.match(text, /^celeriac_pool_jobs_completed_total 1$/m);
    assert.match(text, /^celeriac_prefetch_count 8$/m);
    for (const name of ['pool_lane_depth', 'pool_utilization_ratio', 'claim_age_seconds', 'backend_age_seconds']) {
      assert.match(text, new RegExp(`^celeriac_${name} [\\d.e-]+$`, 'm'));
    }
    assert.match(text, /^celeriac_host_loop_delay_seconds\{quantile="0.99"\} [\d.e-]+$/m);
  });

  it('is alive and not ready while it waits for its last task, and gone with it', async () => {
    await project.run(['-A', 'tasks.js', 'call', 'waits']);
    const running = /^celeriac_pool_jobs_in_flight 1$/m;
    while (!running.test((await fetchText(`${url}/metrics`)).text));
    worker.child.kill('SIGTERM');
    await worker.line(/warm shutdown/);
    assert.equal((await fetchText(`${url}/readyz`)).status, 503);
    assert.equal((await fetchText(`${url}/livez`)).status, 200);
    worker.child.kill('SIGQUIT');
    await worker.end;
    await assert.rejects(fetchText(`${url}/livez`));
  });
});

describe('--http of the other kinds of pool', { timeout: 120_000 }, () => {
  for (const [pool, members] of [
    ['processes', 2],
    ['solo', 1],
    ['gevent', 1],
  ] as const) {
    it(`${pool}: ready with its members, and every number is one`, async () => {
      const project = new CommandLineProject();
      const worker = project.start(['-A', 'tasks.js', 'worker', '-c', '2', '-P', pool, '--http', '127.0.0.1:0']);
      try {
        const url = /http:\/\/\S+/.exec(await worker.line(/metrics and probes at/))?.[0] ?? '';
        await project.run(['-A', 'tasks.js', 'call', 'add', '--args', '[2,3]', '--wait']);
        const health = await fetchText(`${url}/readyz`);
        assert.equal(health.status, 200, health.text);
        assert.equal((JSON.parse(health.text) as Record<string, unknown>)['ready_members'], members);
        const { text } = await fetchText(`${url}/metrics`);
        assert.match(text, /^celeriac_pool_jobs_completed_total 1$/m);
        assert.match(text, /^celeriac_task_runs_total\{task="add",end="success"\} 1$/m);
        assert.match(text, new RegExp(`^celeriac_pool_members\\{state="ready"\\} ${String(members)}$`, 'm'));
        for (const line of text.split('\n'))
          if (line !== '' && !line.startsWith('#')) assert.match(line, / -?[\d.e+-]+$/);
      } finally {
        await worker.dispose();
        project.remove();
      }
    });
  }
});

describe('a worker with an --http address that it cannot have', { timeout: 60_000 }, () => {
  it('says so and ends, before it takes tasks where the address makes no sense', async () => {
    const project = new CommandLineProject();
    const taken = createServer().listen(0, '127.0.0.1');
    try {
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const refused = await project.run(['-A', 'tasks.js', 'worker', '--http', `127.0.0.1:${String(port)}`]);
      assert.match(refused.stderr, new RegExp(`cannot listen on 127.0.0.1:${String(port)} \\(EADDRINUSE\\)`));
      assert.notEqual(refused.code, 0);
      const senseless = await project.run(['-A', 'tasks.js', 'worker', '--http', 'nowhere']);
      assert.match(senseless.stderr, /"nowhere" is no address to listen on; write it as 127\.0\.0\.1:9808 or 9808/);
      assert.notEqual(senseless.code, 0);
    } finally {
      taken.close();
      project.remove();
    }
  });
});
