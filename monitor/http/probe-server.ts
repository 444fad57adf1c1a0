/**
 * A worker's answers over HTTP to whoever runs it: `/metrics` for Prometheus, `/startupz`, `/livez` and `/readyz` for an
 * orchestrator. It reads and changes nothing, takes GET and HEAD only, and has a bound on everything that a client may do.
 * Host thread of the worker; it must never keep the worker from its work, so each answer is made of numbers at hand.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../core/kernel/errors.js';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../../core/metrics/prometheus-text.js';
import type { MetricRegistry } from '../../core/metrics/metric-registry.js';
import type { Health } from '../../core/worker/metrics/health.js';
import { isLoopback, type HttpAddress } from './http-address.js';

/** A worker as far as its probes are concerned. */
export interface ProbedWorker {
  readonly metrics: MetricRegistry;
  health(): Promise<Health>;
  measureLoopDelay(): void;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8_192;
/** For a whole request with its headers, and for a connection without one, ms. */
const PATIENCE_MS = 5_000;

/** Path → whether all is well. */
const PROBES: Readonly<Record<string, (health: Health) => boolean>> = {
  '/startupz': ({ isStarted }) => isStarted,
  '/livez': ({ isAlive }) => isAlive,
  '/readyz': ({ isReady }) => isReady,
};

export class ProbeServer {
  /** Where it listens, as a URL. */
  readonly url: string;
  readonly #server: Server;

  /** Resolves when it listens. @throws ConfigError when the address cannot be had */
  static async open(worker: ProbedWorker, address: HttpAddress): Promise<ProbeServer> {
    const answersTo = isLoopback(address.host) ? isLocalName : (): boolean => true;
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      void respond(worker, { request, response, answersTo });
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.headersTimeout = PATIENCE_MS;
    server.requestTimeout = PATIENCE_MS;
    server.keepAliveTimeout = PATIENCE_MS;
    await listen(server, address);
    worker.measureLoopDelay();
    return new ProbeServer(server, address.host);
  }

  private constructor(server: Server, host: string) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  }

  /** Resolves when nothing listens any more; open connections are cut. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}

function listen(server: Server, { host, port }: HttpAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    // For good: one that cannot accept a connection (no descriptors left) must not end the worker.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const where = `${host}:${String(port)}`;
      reject(new ConfigError(`cannot listen on ${where} (${error.code ?? error.message})`, { cause: error }));
    });
    server.listen({ host, port }, resolve);
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether requests for this host are for us: a page in a browser may reach loopback under a name of its own. */
  readonly answersTo: (host: string) => boolean;
}

async function respond(worker: ProbedWorker, { request, response, answersTo }: Exchange): Promise<void> {
  const { status, contentType, body } = await answerTo(worker, request, answersTo).catch(failed);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerTo(
  worker: ProbedWorker,
  { method, url = '/', headers: { host = '' } }: IncomingMessage,
  answersTo: Exchange['answersTo'],
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return problem(405, 'only GET and HEAD are answered');
  if (!answersTo(host)) return problem(421, 'this worker answers to loopback names only');
  const [path = '/'] = url.split('?');
  if (path === '/metrics') {
    return { status: 200, contentType: PROMETHEUS_CONTENT_TYPE, body: prometheusText(worker.metrics) };
  }
  const isWell = Object.hasOwn(PROBES, path) ? PROBES[path] : undefined;
  if (isWell === undefined) return problem(404, `there is ${['/metrics', ...Object.keys(PROBES)].join(', ')}`);
  return ofHealth(await worker.health(), isWell);
}

function ofHealth(health: Health, isWell: (health: Health) => boolean): Answer {
  const ok = isWell(health);
  const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms) / 1_000);
  const body = {
    ok,
    state: health.state,
    uptime_seconds: seconds(health.uptimeMs),
    claim_age_seconds: seconds(health.claimAgeMs),
    backend_age_seconds: seconds(health.backendAgeMs),
    ready_members: health.readyMembers,
    stuck_threads: health.stuckThreads,
  };
  return { status: ok ? 200 : 503, contentType: JSON_TYPE, body: `${JSON.stringify(body)}\n` };
}

/** A pool that users brought along, or a family of theirs: what it throws is told to who asked, and ends no worker. */
function failed(error: unknown): Answer {
  return problem(500, error instanceof Error ? error.message : String(error));
}

function problem(status: number, error: string): Answer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify({ error })}\n` };
}

function isLocalName(host: string): boolean {
  return isLoopback(host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}
