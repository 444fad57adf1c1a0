/**
 * What a node does at a command of remote control, and its answer in Celery's words (protocol.md §9.3 and 9.4). Arguments
 * come from whoever may publish to the exchange: each is checked, unknown ones are ignored. Host thread.
 */
import { ConfigError, ProtocolError } from '../kernel/errors.js';
import { pythonRepr } from '../protocol/python-repr.js';
import type { LimitChange } from './task-limits.js';
import type { AutoscaleRange } from './autoscaler.js';
import type { RequestInfo, ScheduledInfo } from './request-info.js';
import type { StampedHeaders } from './revoked-tasks.js';
import type { TaskInfo, WorkerStats } from './inspection.js';

/** The part of a worker that commands reach. */
export interface ControlledWorker {
  revoke(ids: readonly string[], options: { readonly terminate: boolean; readonly signal: string }): void;
  revokeByStampedHeaders(
    headers: StampedHeaders,
    options: { readonly terminate: boolean; readonly signal: string },
  ): void;
  rateLimit(taskName: string, limit: string | number | null): void;
  timeLimit(taskName: string, change: LimitChange): void;
  addConsumer(queue: string): Promise<void>;
  cancelConsumer(queue: string): Promise<void>;
  poolGrow(count: number): void;
  poolShrink(count: number): void;
  autoscale(range: Partial<AutoscaleRange>): AutoscaleRange;
  active(): readonly RequestInfo[];
  reserved(): readonly RequestInfo[];
  scheduled(): readonly ScheduledInfo[];
  revoked(): readonly string[];
  registered(): readonly TaskInfo[];
  stats(): WorkerStats;
  close(): Promise<void>;
}

export type ControlArguments = Readonly<Record<string, unknown>>;
/** Answers the value of the reply; undefined sends none. */
export type ControlCommand = (worker: ControlledWorker, args: ControlArguments) => unknown;

const ok = (text: string) => ({ ok: text });
const refused = (text: string) => ({ error: text });

export const controlCommands: ReadonlyMap<string, ControlCommand> = new Map<string, ControlCommand>([
  ['ping', () => ok('pong')],
  ['active', (worker) => worker.active().map(wireRequest)],
  ['dump_active', (worker) => worker.active().map(wireRequest)],
  ['reserved', (worker) => worker.reserved().map(wireRequest)],
  ['dump_reserved', (worker) => worker.reserved().map(wireRequest)],
  ['scheduled', (worker) => worker.scheduled().map(wireScheduled)],
  ['dump_schedule', (worker) => worker.scheduled().map(wireScheduled)],
  ['revoked', (worker) => worker.revoked()],
  ['dump_revoked', (worker) => worker.revoked()],
  ['registered', registeredNames],
  ['dump_tasks', registeredNames],
  ['query_task', queryTask],
  ['stats', (worker) => wireStats(worker.stats())],
  ['revoke', revoke],
  ['terminate', (worker, args) => revoke(worker, { ...args, terminate: true })],
  ['revoke_by_stamped_headers', revokeByStampedHeaders],
  ['rate_limit', rateLimit],
  ['time_limit', timeLimit],
  ['pool_grow', (worker, args) => changeSize(worker, 'grow', countOf(args))],
  ['pool_shrink', (worker, args) => changeSize(worker, 'shrink', countOf(args))],
  ['autoscale', autoscale],
  ['add_consumer', addConsumer],
  ['cancel_consumer', cancelConsumer],
  [
    'shutdown',
    (worker) => {
      // Not awaited: a warm stop waits for tasks, and there is no reply.
      void worker.close();
    },
  ],
]);

function revoke(worker: ControlledWorker, args: ControlArguments): unknown {
  const ids = texts(args, 'task_id');
  const how = howToRevoke(args);
  const running = runningAmong(worker, new Set(ids));
  worker.revoke(ids, how);
  if (!how.terminate) return ok(`tasks {${ids.map((id) => pythonRepr(id)).join(', ')}} flagged as revoked`);
  return ok(running.length === 0 ? 'terminate: tasks unknown' : `terminate: ${running.join(', ')}`);
}

function revokeByStampedHeaders(worker: ControlledWorker, args: ControlArguments): unknown {
  const headers = stampedHeaders(args['headers']);
  const how = howToRevoke(args);
  const before = worker.active().length;
  worker.revokeByStampedHeaders(headers, how);
  const text = pythonRepr(headers);
  if (!how.terminate) return ok(`headers ${text} flagged as revoked, but not terminated`);
  return ok(worker.active().length < before ? `headers ${text} revoked` : `headers ${text} were not terminated`);
}

function rateLimit(worker: ControlledWorker, args: ControlArguments): unknown {
  const taskName = text(args, 'task_name');
  const limit = args['rate_limit'] ?? null;
  if (!worker.registered().some(({ name }) => name === taskName)) return refused('unknown task');
  if (limit !== null && typeof limit !== 'number' && typeof limit !== 'string') {
    return refused(`Invalid rate limit string: ${pythonRepr(limit)}`);
  }
  try {
    worker.rateLimit(taskName, limit);
  } catch (error) {
    if (error instanceof ConfigError) return refused(`Invalid rate limit string: ${error.message}`);
    throw error;
  }
  const isOff = limit === null || limit === 0 || limit === '' || limit === '0';
  return ok(isOff ? 'rate limit disabled successfully' : 'new rate limit set successfully');
}

/** Celery checks nothing here; the next task would have to pay for a limit that is none. */
function timeLimit(worker: ControlledWorker, args: ControlArguments): unknown {
  const taskName = text(args, 'task_name');
  if (!worker.registered().some(({ name }) => name === taskName)) return refused('unknown task');
  try {
    worker.timeLimit(taskName, { hard: seconds(args, 'hard'), soft: seconds(args, 'soft') });
  } catch (error) {
    if (error instanceof ConfigError) return refused(error.message);
    throw error;
  }
  return ok('time limits set successfully');
}

function seconds(args: ControlArguments, name: string): number | null {
  const value = args[name] ?? null;
  if (value !== null && typeof value !== 'number') throw new ConfigError(`${name} must be a number of seconds`);
  return value;
}

function changeSize(worker: ControlledWorker, how: 'grow' | 'shrink', count: number): unknown {
  try {
    if (how === 'grow') worker.poolGrow(count);
    else worker.poolShrink(count);
  } catch (error) {
    if (error instanceof ConfigError) return refused(error.message);
    throw error;
  }
  return ok(`pool will ${how}`);
}

function autoscale(worker: ControlledWorker, args: ControlArguments): unknown {
  const { max, min } = { max: numberOr(args, 'max', null), min: numberOr(args, 'min', null) };
  try {
    const range = worker.autoscale({ ...(max === null ? {} : { max }), ...(min === null ? {} : { min }) });
    return ok(`autoscale now max=${String(range.max)} min=${String(range.min)}`);
  } catch (error) {
    if (error instanceof ConfigError) return refused(`ValueError(${pythonRepr(error.message)})`);
    throw error;
  }
}

async function addConsumer(worker: ControlledWorker, args: ControlArguments): Promise<unknown> {
  const queue = text(args, 'queue');
  await worker.addConsumer(queue);
  return ok(`add consumer ${queue}`);
}

async function cancelConsumer(worker: ControlledWorker, args: ControlArguments): Promise<unknown> {
  const queue = text(args, 'queue');
  await worker.cancelConsumer(queue);
  return ok(`no longer consuming from ${queue}`);
}

function registeredNames(worker: ControlledWorker, args: ControlArguments): unknown {
  const names = worker.registered().map(({ name }) => name);
  return (args['builtins'] === true ? names : names.filter((name) => !name.startsWith('celery.'))).sort();
}

function queryTask(worker: ControlledWorker, args: ControlArguments): unknown {
  const ids = new Set(texts(args, 'ids'));
  const found = new Map<string, readonly [string, unknown]>();
  const note = (state: string, requests: readonly RequestInfo[]): void => {
    for (const request of requests) if (ids.has(request.id)) found.set(request.id, [state, wireRequest(request)]);
  };
  note(
    'ready',
    worker.scheduled().map(({ request }) => request),
  );
  note('reserved', worker.reserved());
  note('active', worker.active());
  return Object.fromEntries(found);
}

function runningAmong(worker: ControlledWorker, ids: ReadonlySet<string>): readonly string[] {
  return worker
    .active()
    .map(({ id }) => id)
    .filter((id) => ids.has(id));
}

function howToRevoke(args: ControlArguments): { readonly terminate: boolean; readonly signal: string } {
  const { signal } = args;
  return { terminate: args['terminate'] === true, signal: typeof signal === 'string' ? signal : 'SIGTERM' };
}

/** Header → value or values; Celery's command line sends a list of `header=value`. */
function stampedHeaders(value: unknown): StampedHeaders {
  const pairs: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? value.map((item) => pairOf(item))
    : Object.entries(typeof value === 'object' && value !== null ? value : {});
  if (pairs.length === 0) throw new ProtocolError('"headers" names no stamp');
  return Object.fromEntries(pairs.map(([header, values]) => [header, asTexts('headers', values)]));
}

function pairOf(item: unknown): readonly [string, string] {
  const [, header, value] = /^([^=]+)=(.*)$/s.exec(typeof item === 'string' ? item : '') ?? [];
  if (header === undefined || value === undefined) throw new ProtocolError('"headers" holds what is not header=value');
  return [header, value];
}

/** Members by which the pool changes: one, where nothing is said. */
function countOf(args: ControlArguments): number {
  return numberOr(args, 'n', 1);
}

function numberOr<T>(args: ControlArguments, name: string, otherwise: T): number | T {
  const value = args[name] ?? null;
  if (value === null) return otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new ProtocolError(`"${name}" must be a whole number`);
}

function text(args: ControlArguments, name: string): string {
  const value = args[name];
  if (typeof value !== 'string' || value === '') throw new ProtocolError(`"${name}" must be a text`);
  return value;
}

function texts(args: ControlArguments, name: string): readonly string[] {
  return asTexts(name, args[name]);
}

function asTexts(name: string, value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new ProtocolError(`"${name}" must be a text or a list of texts`);
}

function wireRequest(request: RequestInfo): Readonly<Record<string, unknown>> {
  const { exchange, routingKey, priority, redelivered } = request.deliveryInfo;
  return {
    id: request.id,
    name: request.name,
    args: request.args,
    kwargs: request.kwargs,
    type: request.type,
    hostname: request.hostname,
    time_start: request.timeStart,
    acknowledged: request.acknowledged,
    delivery_info: { exchange, routing_key: routingKey, priority, redelivered },
    worker_pid: request.timeStart === null ? null : request.workerPid,
    thread_id: request.threadId,
  };
}

function wireScheduled({ eta, priority, request }: ScheduledInfo): Readonly<Record<string, unknown>> {
  return { eta, priority, request: wireRequest(request) };
}

function wireStats({ pool, prefetchCount, ...stats }: WorkerStats): Readonly<Record<string, unknown>> {
  const { total, pid, uptime, broker, rusage, autoscaler } = stats;
  return {
    total,
    pid,
    uptime,
    pool: {
      implementation: `celeriac:${pool.implementation}`,
      'max-concurrency': pool.maxConcurrency,
      processes: pool.processes,
      'max-tasks-per-child': pool.maxTasksPerChild ?? 'N/A',
      'put-guarded-by-semaphore': pool.putGuardedBySemaphore,
      timeouts: pool.timeouts.map((seconds) => seconds ?? 0),
      writes: wireWrites(pool),
    },
    broker: { hostname: broker.address },
    prefetch_count: prefetchCount,
    rusage,
    ...(autoscaler === null ? {} : { autoscaler }),
  };
}

/** How evenly the members are used, in the words and the rounding of Celery's prefork pool. */
function wireWrites({ writes, activeWrites }: WorkerStats['pool']): Readonly<Record<string, unknown>> {
  const total = writes.reduce((sum, one) => sum + one, 0);
  const share = (count: number): string => (total === 0 ? 0 : count / total).toFixed(2);
  return {
    total,
    avg: share(writes.length === 0 ? 0 : total / writes.length),
    all: writes.map(share).join(', '),
    raw: writes.join(', '),
    strategy: 'fair',
    inqueues: { total: writes.length, active: activeWrites },
  };
}
