import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Connections } from '../../../core/app/connections.js';
import { DirectOutlet } from '../../../core/app/direct-outlet.js';
import { ControlClient } from '../../../core/control/control-client.js';
import { controlMessage } from '../../../core/control/control-request.js';
import { requestExchange } from '../../../core/control/control-queues.js';
import { systemClock } from '../../../core/kernel/clock.js';
import { ConfigError } from '../../../core/kernel/errors.js';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import { createTaskIds } from '../../../core/kernel/ids.js';
import { LamportClock } from '../../../core/kernel/lamport-clock.js';
import { systemRandom } from '../../../core/kernel/random.js';
import { silentLogger, type LeveledLogger } from '../../../core/ports/logger.js';
import { resolveSettings } from '../../../core/settings/resolve.js';
import type { AutoscaleRange } from '../../../core/worker/autoscaler.js';
import type { ControlledWorker } from '../../../core/worker/control-commands.js';
import type { LimitChange } from '../../../core/worker/task-limits.js';
import { ControlNode } from '../../../core/worker/control-node.js';

const { settings } = resolveSettings({ brokerUrl: 'memory://control-node', resultBackend: null });
const common = { settings, clock: systemClock, random: systemRandom };
const connections = new Connections({ ...common, definedIn: null });
const outlet = new DirectOutlet({ ...common, connections });
const newId = createTaskIds(systemRandom, systemClock);

after(async () => {
  outlet.close();
  await connections.close(5_000);
});

const running = {
  id: 'running-1',
  name: 'shop.add',
  args: '(1,)',
  kwargs: '{}',
  type: 'shop.add',
  hostname: 'w1@test',
  timeStart: 12.5,
  acknowledged: false,
  deliveryInfo: { exchange: '', routingKey: 'celery', priority: null, redelivered: false },
  workerPid: 7,
  threadId: 3,
};

/** A worker that notes what it is told. */
class NotedWorker implements ControlledWorker {
  readonly told: unknown[][] = [];
  revoke(...args: unknown[]): void {
    this.told.push(['revoke', ...args]);
  }
  revokeByStampedHeaders(...args: unknown[]): void {
    this.told.push(['stamps', ...args]);
  }
  rateLimit(taskName: string, limit: string | number | null): void {
    if (limit === 'zz') throw new ConfigError('"zz" is no rate limit');
    this.told.push(['rate', taskName, limit]);
  }
  timeLimit(taskName: string, { hard, soft }: LimitChange): void {
    if ((soft ?? 0) > (hard ?? Infinity)) throw new ConfigError('soft above hard');
    this.told.push(['limits', taskName, hard, soft]);
  }
  poolGrow(count: number): void {
    this.told.push(['grow', count]);
  }
  poolShrink(count: number): void {
    if (count > 1)
      throw new ConfigError('pool_shrink is not supported with autoscale. Adjust autoscale range instead.');
    this.told.push(['shrink', count]);
  }
  autoscale({ max = 10, min = 0 }: Partial<AutoscaleRange>): AutoscaleRange {
    if (max === 1) throw new ConfigError('Autoscale not enabled');
    return { max, min };
  }
  addConsumer(queue: string): Promise<void> {
    this.told.push(['add', queue]);
    return Promise.resolve();
  }
  cancelConsumer(queue: string): Promise<void> {
    this.told.push(['cancel', queue]);
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.told.push(['close']);
    return Promise.resolve();
  }
  active() {
    return [running];
  }
  reserved() {
    return [{ ...running, id: 'reserved-1', timeStart: null, threadId: null }];
  }
  scheduled() {
    return [{ eta: '2030-01-01T00:00:00+00:00', priority: 6, request: { ...running, id: 'later-1', timeStart: null } }];
  }
  revoked() {
    return ['gone-1', 'gone-2'];
  }
  registered() {
    return [
      { name: 'shop.add', ratePerSecond: null },
      { name: 'celery.ping', ratePerSecond: null },
    ];
  }
  stats() {
    return {
      total: { 'shop.add': 4 },
      pid: 7,
      uptime: 1,
      pool: {
        implementation: 'threads',
        maxConcurrency: 2,
        processes: [3, 4],
        maxTasksPerChild: null,
        putGuardedBySemaphore: true,
        writes: [3, 1],
        activeWrites: 1,
        timeouts: [null, null] as const,
      },
      broker: { address: 'memory://control-node' },
      prefetchCount: 8,
      prefetchBytes: 0,
      rusage: process.resourceUsage(),
      autoscaler: { max: 4, min: 1, current: 2, qty: 3 },
    };
  }
}

interface OpenNode extends AsyncDisposable {
  readonly worker: NotedWorker;
}

async function openNode(hostname: string, logger: LeveledLogger = silentLogger): Promise<OpenNode> {
  const worker = new NotedWorker();
  const transport = await connections.newTransport();
  const node = await ControlNode.open({
    worker,
    hostname,
    transport,
    outlet,
    settings,
    logicalClock: new LamportClock(40),
    logger,
  });
  return {
    worker,
    [Symbol.asyncDispose]: async () => {
      await node.close();
      await transport.close(5_000);
    },
  };
}

function createClient(logicalClock = new LamportClock()): ControlClient {
  return new ControlClient({
    outlet: () => outlet,
    settings: () => settings,
    transport: () => connections.transport(),
    oid: newId(),
    newId,
    clock: systemClock,
    logicalClock,
  });
}

test('every node answers, and the wait ends with the last one that was named', async () => {
  await using first = await openNode('w1@test');
  await using second = await openNode('w2@test');
  const destination = ['w1@test', 'w2@test'];
  const replies = await createClient().ping({ destination, timeoutMs: 60_000 });
  assert.deepEqual(Object.fromEntries(replies), { 'w1@test': { ok: 'pong' }, 'w2@test': { ok: 'pong' } });
  assert.deepEqual([first.worker.told, second.worker.told], [[], []]);
});

test('only whom a command means carries it out', async () => {
  await using first = await openNode('img-1@test');
  await using second = await openNode('cpu-1@test');
  const client = createClient();
  await client.revoke('a', { pattern: 'img-*', reply: true, limit: 1, timeoutMs: 60_000 });
  await client.ping({ limit: 2, timeoutMs: 60_000 });
  assert.deepEqual(first.worker.told, [['revoke', ['a'], { terminate: false, signal: 'SIGTERM' }]]);
  assert.deepEqual(second.worker.told, []);
});

test("answers are in Celery's words", async () => {
  await using node = await openNode('w1@test');
  const client = createClient();
  const to = { destination: 'w1@test', reply: true, timeoutMs: 60_000 } as const;
  const answer = async (method: string, args: Record<string, unknown> = {}): Promise<unknown> =>
    (await client.broadcast(method, args, to)).get('w1@test');
  assert.deepEqual(await answer('revoke', { task_id: ['x', 'y'] }), { ok: "tasks {'x', 'y'} flagged as revoked" });
  assert.deepEqual(await answer('revoke', { task_id: 'running-1', terminate: true }), { ok: 'terminate: running-1' });
  assert.deepEqual(await answer('terminate', { task_id: 'x' }), { ok: 'terminate: tasks unknown' });
  assert.deepEqual(await answer('revoke_by_stamped_headers', { headers: { tenant: ['acme', 'x'] } }), {
    ok: "headers {'tenant': ['acme', 'x']} flagged as revoked, but not terminated",
  });
  assert.deepEqual(await answer('revoke_by_stamped_headers', { headers: ['tenant=acme'], terminate: true }), {
    ok: "headers {'tenant': ['acme']} were not terminated",
  });
  assert.deepEqual(await answer('rate_limit', { task_name: 'shop.add', rate_limit: '10/m' }), {
    ok: 'new rate limit set successfully',
  });
  assert.deepEqual(await answer('rate_limit', { task_name: 'shop.add', rate_limit: 0 }), {
    ok: 'rate limit disabled successfully',
  });
  assert.deepEqual(await answer('time_limit', { task_name: 'shop.add', soft: 5, hard: 10 }), {
    ok: 'time limits set successfully',
  });
  assert.deepEqual(await answer('time_limit', { task_name: 'shop.add', hard: 10, soft: null }), {
    ok: 'time limits set successfully',
  });
  assert.deepEqual(await answer('time_limit', { task_name: 'nope', hard: 1 }), { error: 'unknown task' });
  assert.deepEqual(await answer('time_limit', { task_name: 'shop.add', hard: 1, soft: 2 }), {
    error: 'soft above hard',
  });
  assert.deepEqual(await answer('time_limit', { task_name: 'shop.add', hard: '1' }), {
    error: 'hard must be a number of seconds',
  });
  assert.deepEqual(await answer('rate_limit', { task_name: 'nope', rate_limit: 1 }), { error: 'unknown task' });
  assert.deepEqual(await answer('rate_limit', { task_name: 'shop.add', rate_limit: 'zz' }), {
    error: 'Invalid rate limit string: "zz" is no rate limit',
  });
  assert.deepEqual(await answer('add_consumer', { queue: 'extra' }), { ok: 'add consumer extra' });
  assert.deepEqual(await answer('cancel_consumer', { queue: 'extra' }), { ok: 'no longer consuming from extra' });
  assert.deepEqual(await answer('no_such_command'), { error: "KeyError('no_such_command')" });
  assert.deepEqual(await answer('revoke', { task_id: 7 }), {
    error: 'ProtocolError("\\"task_id\\" must be a text or a list of texts")',
  });
  assert.deepEqual(node.worker.told.at(-1), ['cancel', 'extra']);
});

test('a client changes the size of a pool, by hand or by its bounds', async () => {
  await using node = await openNode('w1@test');
  const client = createClient();
  const only = { destination: 'w1@test', timeoutMs: 5_000, reply: true };
  const answers = async (replies: Promise<ReadonlyMap<string, unknown>>): Promise<unknown> =>
    (await replies).get('w1@test');
  assert.deepEqual(await answers(client.poolGrow(2, only)), { ok: 'pool will grow' });
  assert.deepEqual(await answers(client.broadcast('pool_grow', {}, only)), { ok: 'pool will grow' });
  assert.deepEqual(await answers(client.poolShrink(1, only)), { ok: 'pool will shrink' });
  assert.deepEqual(node.worker.told, [
    ['grow', 2],
    ['grow', 1],
    ['shrink', 1],
  ]);
  assert.deepEqual(await answers(client.poolShrink(2, only)), {
    error: 'pool_shrink is not supported with autoscale. Adjust autoscale range instead.',
  });
  assert.deepEqual(await answers(client.autoscale({ max: 5, min: 2 }, only)), { ok: 'autoscale now max=5 min=2' });
  assert.deepEqual(await answers(client.autoscale({ min: 3 }, only)), { ok: 'autoscale now max=10 min=3' });
  assert.deepEqual(await answers(client.autoscale({ max: 1 }, only)), {
    error: "ValueError('Autoscale not enabled')",
  });
  const stats = (await client.inspect(only).stats()).get('w1@test');
  assert.deepEqual(stats?.['autoscaler'], { max: 4, min: 1, current: 2, qty: 3 });
});

test('a client sees what a node has in hand', async () => {
  await using node = await openNode('w1@test');
  const inspect = createClient().inspect({ destination: 'w1@test', timeoutMs: 60_000 });
  assert.equal(node.worker.told.length, 0);
  assert.deepEqual((await inspect.active()).get('w1@test'), [
    {
      id: 'running-1',
      name: 'shop.add',
      args: '(1,)',
      kwargs: '{}',
      type: 'shop.add',
      hostname: 'w1@test',
      time_start: 12.5,
      acknowledged: false,
      delivery_info: { exchange: '', routing_key: 'celery', priority: null, redelivered: false },
      worker_pid: 7,
      thread_id: 3,
    },
  ]);
  assert.equal((await inspect.reserved()).get('w1@test')?.[0]?.worker_pid, null);
  assert.equal((await inspect.scheduled()).get('w1@test')?.[0]?.eta, '2030-01-01T00:00:00+00:00');
  assert.deepEqual((await inspect.revoked()).get('w1@test'), ['gone-1', 'gone-2']);
  assert.deepEqual((await inspect.registered()).get('w1@test'), ['shop.add'], 'tasks of celery itself are left out');
  assert.equal((await inspect.stats()).get('w1@test')?.['prefetch_count'], 8);
  const known = (await inspect.queryTask(['running-1', 'reserved-1', 'later-1', 'nobody'])).get('w1@test') ?? {};
  assert.deepEqual(
    Object.entries(known).map(([id, [state]]) => [id, state]),
    [
      ['later-1', 'ready'],
      ['reserved-1', 'reserved'],
      ['running-1', 'active'],
    ],
  );
});

test('logical clocks of both sides go past each other', async () => {
  await using node = await openNode('w1@test');
  const clock = new LamportClock(100);
  const replies = await createClient(clock).inspect({ destination: 'w1@test', timeoutMs: 60_000 }).clock();
  assert.deepEqual(replies.get('w1@test'), { clock: 102 }, 'sent at 101, received after it');
  assert.ok(clock.value > 102);
  assert.deepEqual(node.worker.told, []);
});

test('what is no request is logged, and the node goes on', async () => {
  const warned: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => warned.push(message) };
  await using node = await openNode('w1@test', logger);
  const junk = controlMessage(['no', 'request'], {
    exchange: requestExchange(settings).name,
    routingKey: '',
    headers: HeaderBlock.fromTable({}),
    deliveryMode: 2,
  });
  await outlet.publish(junk);
  assert.equal((await createClient().ping({ destination: 'w1@test', timeoutMs: 60_000 })).size, 1);
  assert.match(warned[0] ?? '', /a command was dropped: a control request is not a mapping/);
  assert.deepEqual(node.worker.told, []);
});

test('shutdown closes the worker and is not answered', async () => {
  await using node = await openNode('w1@test');
  const client = createClient();
  await client.shutdown({ destination: 'w1@test' });
  await client.ping({ destination: 'w1@test', timeoutMs: 60_000 });
  assert.deepEqual(node.worker.told, [['close']]);
});

test('a second worker of the same name is told so', async () => {
  const warned: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => warned.push(message) };
  await using first = await openNode('twin@test');
  await using second = await openNode('twin@test', logger);
  assert.notEqual(first.worker, second.worker);
  assert.match(warned[0] ?? '', /DuplicateNodenameWarning: another worker is named twin@test/);
});

test('a member may tell and not ask', async () => {
  const client = new ControlClient({
    outlet: () => outlet,
    settings: () => settings,
    transport: null,
    oid: newId(),
    newId,
    clock: systemClock,
    logicalClock: new LamportClock(),
  });
  assert.equal((await client.revoke('x')).size, 0);
  await assert.rejects(client.ping(), ConfigError);
});

test('nobody answers: the wait ends at its time, with nothing', async () => {
  assert.equal((await createClient().ping({ timeoutMs: 20 })).size, 0);
});

test('a command that fails by a mistake of ours is answered, and the next one is heard', async () => {
  const lines: string[] = [];
  const logger = { ...silentLogger, error: (_fields: object, line: string) => lines.push(line) };
  await using node = await openNode('broken@test', logger);
  node.worker.rateLimit = () => {
    throw new TypeError('this is undefined');
  };
  const client = createClient();
  const only = { destination: 'broken@test', timeoutMs: 5_000, reply: true };
  const replies = await client.rateLimit('shop.add', 1, only);
  assert.deepStrictEqual([...replies.values()], [{ error: 'TypeError("this is undefined")' }]);
  assert.match(lines.join(), /command rate_limit failed: this is undefined/);
  assert.equal((await client.ping(only)).size, 1);
});
