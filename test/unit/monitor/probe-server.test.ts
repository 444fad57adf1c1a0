import assert from 'node:assert/strict';
import { request, type IncomingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { MetricRegistry } from '../../../core/metrics/metric-registry.js';
import type { Health } from '../../../core/worker/metrics/health.js';
import { ProbeServer } from '../../../monitor/http/probe-server.js';

const WELL: Health = {
  isStarted: true,
  isAlive: true,
  isReady: true,
  state: 'ready',
  uptimeMs: 12_345,
  claimAgeMs: 250,
  backendAgeMs: null,
  readyMembers: 2,
  stuckThreads: 0,
};

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function ask(url: string, options: { readonly method?: string; readonly headers?: Record<string, string> } = {}) {
  return new Promise<Reply>((resolve, reject) => {
    const sent = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function withServer(health: Health, test: (url: string, asked: () => number) => Promise<void>): Promise<void> {
  const metrics = new MetricRegistry();
  metrics.add({ kind: 'gauge', name: 'size', help: 'Size.', read: () => [{ labels: {}, value: 2 }] });
  let measuring = 0;
  const worker = { metrics, health: () => Promise.resolve(health), measureLoopDelay: () => (measuring += 1) };
  const server = await ProbeServer.open(worker, { host: '127.0.0.1', port: 0 });
  try {
    await test(server.url, () => measuring);
  } finally {
    await server.close();
  }
}

describe('the probe server of a worker', () => {
  it('shows the metrics as Prometheus reads them, and has the loop measured', () =>
    withServer(WELL, async (url, asked) => {
      const { status, headers, text } = await ask(`${url}/metrics?x=1`);
      assert.equal(status, 200);
      assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
      assert.equal(text, '# HELP size Size.\n# TYPE size gauge\nsize 2\n');
      assert.equal(asked(), 1);
    }));

  it('answers with an error where what it asks throws, and goes on', async () => {
    const metrics = new MetricRegistry();
    const broken = (): never => {
      throw new TypeError('no such field');
    };
    metrics.add({ kind: 'gauge', name: 'size', help: 'Size.', read: broken });
    const worker = { metrics, health: () => Promise.reject(new Error('not yet')), measureLoopDelay: () => undefined };
    const server = await ProbeServer.open(worker, { host: '127.0.0.1', port: 0 });
    try {
      const answers = [await ask(`${server.url}/metrics`), await ask(`${server.url}/livez`)];
      assert.deepEqual(
        answers.map(({ status, text }) => [status, text]),
        [
          [500, '{"error":"no such field"}\n'],
          [500, '{"error":"not yet"}\n'],
        ],
      );
    } finally {
      await server.close();
    }
  });

  it('answers each question with its own condition and with the ages', () =>
    withServer({ ...WELL, isReady: false, isAlive: true, isStarted: false }, async (url) => {
      const { status, text } = await ask(`${url}/readyz`);
      assert.equal(status, 503);
      assert.deepEqual(JSON.parse(text), {
        ok: false,
        state: 'ready',
        uptime_seconds: 12.345,
        claim_age_seconds: 0.25,
        backend_age_seconds: null,
        ready_members: 2,
        stuck_threads: 0,
      });
      assert.equal((await ask(`${url}/livez`)).status, 200);
      assert.equal((await ask(`${url}/startupz`)).status, 503);
    }));

  it('takes GET and HEAD only, knows its paths, and answers no name that a web page could choose', () =>
    withServer(WELL, async (url) => {
      const head = await ask(`${url}/livez`, { method: 'HEAD' });
      assert.deepEqual([head.status, head.text], [200, '']);
      const post = await ask(`${url}/livez`, { method: 'POST' });
      assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
      assert.equal((await ask(`${url}/constructor`)).status, 404);
      assert.match((await ask(`${url}/`)).text, /\/metrics, \/startupz, \/livez, \/readyz/);
      assert.equal((await ask(`${url}/livez`, { headers: { host: 'evil.example:80' } })).status, 421);
      assert.equal((await ask(`${url}/livez`, { headers: { host: 'localhost:1' } })).status, 200);
    }));

  it('says which address it cannot have', () =>
    withServer(WELL, async (url) => {
      const { port } = new URL(url);
      const worker = {
        metrics: new MetricRegistry(),
        health: () => Promise.resolve(WELL),
        measureLoopDelay: () => undefined,
      };
      const opened = ProbeServer.open(worker, { host: '127.0.0.1', port: Number(port) });
      await assert.rejects(opened, (error: Error) => error instanceof ConfigError && error.message.includes(port));
    }));
});
