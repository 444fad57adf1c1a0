/** TASK-40 to TASK-79, SIG-13 to SIG-18: requests, the order around a run, states, and the other API of tasks. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as celeriac from '../../core/app/public.js';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import { READY_STATES, EXCEPTION_STATES, PROPAGATE_STATES, precedence } from '../../core/kernel/states.js';
import type { FollowUps } from '../../core/task/follow-ups.js';
import { OutcomeKind } from '../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../core/task/resolve-task-options.js';
import { createSignals, type SignalTable } from '../../core/task/signal-catalogue.js';
import { TaskRegistry } from '../../core/task/task-registry.js';
import { FeatureBench, ended, failure } from '../support/feature-bench.js';
import * as tasks from '../support/members/feature-tasks.js';
import { createApp, messageIn } from '../support/sent-messages.js';
import { traceTask, type TraceOverrides } from '../support/traced-task.js';

let bench: FeatureBench;
before(async () => {
  bench = await FeatureBench.start();
});
after(() => bench.close());

const wait = { timeoutMs: 20_000 };

/** A run of a task of this function, without pool or broker. */
function traced(
  run: (...args: never[]) => unknown,
  options: celeriac.TaskOptions = {},
  overrides: TraceOverrides = {},
) {
  const registry = new TaskRegistry();
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run });
  const embed = '{"callbacks":[{"task":"x"}],"errbacks":[{"task":"y"}],"chain":null,"chord":null}';
  return traceTask(registry, { body: `[[2,3],{},${embed}]` }, overrides);
}

/** Signals of which each notes its name. */
function noted(lines: string[]): SignalTable {
  const signals = createSignals();
  for (const name of ['taskPrerun', 'taskPostrun', 'taskSuccess', 'taskFailure', 'taskRetry'] as const)
    signals[name].connect(() => lines.push(name));
  return signals;
}

/** What the hooks and signals of `hooked` say of one run. */
async function order(how: string, last: string): Promise<readonly string[]> {
  const { id } = await tasks.hooked.delay(how);
  return bench.heard(id, last);
}

test('TASK-40: the request has every field', async () => {
  const at = new Date(Date.now() + 600_000);
  const options = { args: [1], kwargs: { by: 2 }, expires: at, priority: 3, shadow: 'other', timeLimit: 9 };
  const result = await tasks.request.applyAsync({ ...options, headers: { tenant: 'a' } });
  const request = (await result.get(wait)) as Record<string, unknown>;
  const { deliveryInfo, properties, origin, hostname, expires, ...rest } = request;
  assert.deepStrictEqual(rest, {
    ...{ id: result.id, task: 'feature.request', args: [1], kwargs: { by: 2 }, retries: 0, rootId: result.id },
    ...{ parentId: null, groupId: null, groupIndex: null, chord: null, chain: null, callbacks: null, errbacks: null },
    ...{ eta: null, utc: true, timelimit: [9, null], headers: { tenant: 'a' }, replyTo: null, shadow: 'other' },
    ...{ correlationId: result.id, priority: 3, loglevel: null, logfile: null, calledDirectly: false, isEager: false },
    ...{ children: [], ignoreResult: false, argsrepr: '(1,)', kwargsrepr: "{'by': 2}", replacedTaskNesting: 0 },
    ...{ stampedHeaders: null, stamps: {}, attribute: 'a', given: 2 },
  });
  assert.equal((expires as Date).getTime(), at.getTime());
  const { exchange, routingKey, redelivered } = deliveryInfo as Record<string, unknown>;
  assert.deepStrictEqual([exchange, routingKey, redelivered], ['', 'celery', false]);
  assert.equal((properties as Record<string, unknown>)['contentType'], 'application/json');
  assert.match(`${String(origin)} ${String(hostname)}`, /^gen\d+@\S+ celery@/);
});

test('TASK-41: a task called as a function has no id and says so', () => {
  const seen = tasks.request(1) as unknown as Record<string, unknown>;
  assert.deepStrictEqual([seen['id'], seen['calledDirectly'], seen['args']], [null, true, [1]]);
});

test('TASK-42: eager and direct calls inside a task have requests of their own, and the outer one comes back', async () => {
  assert.deepStrictEqual(await ended(tasks.nested.delay()), [true, null, true]);
});

test('TASK-43: asExecutionOptions gives what sends the task again', async () => {
  let options: celeriac.ExecutionOptions | null = null;
  const registry = new TaskRegistry();
  const run = (ctx: celeriac.TaskContext): void => {
    options = ctx.request.asExecutionOptions();
  };
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', { bind: true }), run });
  await traceTask(registry, {
    headers: {
      ...{ root_id: 'r', parent_id: 'p', group: 'g', group_index: 4, retries: 2, timelimit: [9, 5], shadow: 's' },
      ...{ expires: '2100-01-01T00:00:00+00:00', origin: 'gen1@here', replaced_task_nesting: 1, ignore_result: true },
      ...{ stamped_headers: ['who'], stamps: { who: 'ann' }, tenant: 'x' },
    },
    properties: { priority: 7, replyTo: 'me' },
    body: '[[2],{},{"callbacks":[{"task":"x"}],"errbacks":[{"task":"y"}],"chain":[{"task":"z"}],"chord":{"task":"c"}}]',
  });
  const plain: unknown = JSON.parse(JSON.stringify(options));
  assert.deepStrictEqual(plain, {
    ...{ taskId: 'id-1', rootId: 'r', parentId: 'p', groupId: 'g', groupIndex: 4, retries: 2, shadow: 's' },
    ...{ chord: { task: 'c' }, chain: [{ task: 'z' }], link: [{ task: 'x' }], linkError: [{ task: 'y' }] },
    ...{ expires: '2100-01-01T00:00:00.000Z', timeLimit: 9, softTimeLimit: 5, headers: { tenant: 'x' } },
    ...{ replyTo: 'me', replacedTaskNesting: 1, origin: 'gen1@here', priority: 7, ignoreResult: true },
    ...{ stampedHeaders: ['who'], stamps: { who: 'ann' } },
  });
});

test('TASK-44: headers of the caller are headers of the request and its attributes', async () => {
  const sent = await tasks.request.applyAsync({ args: [1], headers: { tenant: 'b', deep: 1 } });
  const request = (await sent.get(wait)) as Record<string, unknown>;
  assert.deepStrictEqual([request['headers'], request['attribute']], [{ tenant: 'b', deep: 1 }, 'b']);
});

test('TASK-50: prerun, beforeStart and the body come in this order', async () => {
  const lines: string[] = [];
  const beforeStart = (...call: readonly unknown[]): void => void lines.push(`beforeStart ${JSON.stringify(call)}`);
  await traced(() => lines.push('body'), { beforeStart }, { signals: noted(lines), order: lines });
  assert.deepStrictEqual(lines.slice(0, 3), ['taskPrerun', 'beforeStart ["id-1",[2,3],{}]', 'body']);
});

test('TASK-51: callbacks leave, the result is stored, then onSuccess and its signal', async () => {
  const lines: string[] = [];
  const followUps: Partial<FollowUps> = { afterSuccess: () => [follower()], afterFailure: () => [] };
  const onSuccess = (...call: readonly unknown[]): void => void lines.push(`onSuccess ${JSON.stringify(call)}`);
  await traced(() => 1, { onSuccess }, { followUps, signals: noted(lines), order: lines });
  const ends = ['publish follower', 'store SUCCESS', 'onSuccess [1,"id-1",[2,3],{}]', 'taskSuccess', 'taskPostrun'];
  assert.deepStrictEqual(lines, ['taskPrerun', ...ends]);
});

test('TASK-52: what follows gets request, embed and value, and ids that a repeat gives again', async () => {
  const seen: unknown[] = [];
  const followUps: Partial<FollowUps> = {
    afterSuccess: ({ request, embed, nextId }, value) => {
      seen.push(request.id, request.rootId, embed.callbacks, value, nextId());
      return [];
    },
    afterFailure: () => [],
  };
  await traced(() => 5, {}, { followUps });
  await traced(() => 5, {}, { followUps });
  assert.deepStrictEqual(seen.slice(0, 4), ['id-1', 'id-1', [{ task: 'x' }], 5]);
  assert.equal(seen[4], seen[9]);
  for (const inherits of [true, false]) {
    await using app = createApp({ taskInheritParentPriority: inherits });
    const registry = new TaskRegistry();
    registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', {}), run: () => 5 });
    const body = '[[2,3],{},{"callbacks":[{"task":"x","args":[1]}],"errbacks":null,"chain":null,"chord":null}]';
    const parts = { headers: { root_id: 'r' }, properties: { priority: 7 }, body };
    const { successors } = await traceTask(registry, parts, { followUps: app.followUps });
    const [next, ...others] = successors;
    const { task, root_id: rootId, parent_id: parentId } = next?.headers.table ?? {};
    assert.deepStrictEqual([task, rootId, parentId, others.length], ['x', 'r', 'id-1', 0]);
    assert.equal(next?.properties.priority, inherits ? 7 : null);
    assert.deepStrictEqual((JSON.parse(Buffer.from(next?.body ?? []).toString()) as readonly unknown[])[0], [5, 1]);
  }
});

test('TASK-53: a result that cannot be serialised is a failure', async () => {
  const { kind, document } = await traced(() => () => 1);
  assert.equal(kind, OutcomeKind.FAILURE);
  assert.equal((document?.result as Record<string, unknown>)['exc_type'], 'EncodeError');
});

test('TASK-54: a failure is stored and its errbacks called before onFailure and its signal', async () => {
  const lines: string[] = [];
  const followUps: Partial<FollowUps> = { afterSuccess: () => [], afterFailure: () => [follower()] };
  const onFailure = (error: unknown): void => void lines.push(`onFailure ${String(error)}`);
  const run = () => {
    throw new RangeError('no');
  };
  await traced(run, { onFailure }, { followUps, signals: noted(lines), order: lines });
  const ends = ['publish follower', 'store FAILURE', 'onFailure RangeError: no', 'taskFailure', 'taskPostrun'];
  assert.deepStrictEqual(lines, ['taskPrerun', ...ends]);
});

test('TASK-55: a retry stores RETRY, calls onRetry and no errback', async () => {
  const said = await order('retry', 'afterReturn SUCCESS');
  assert.deepStrictEqual(said, [
    ...['beforeStart', 'run PENDING', 'onRetry'],
    ...['beforeStart', 'run RETRY', 'onSuccess', 'afterReturn SUCCESS'],
  ]);
  const lines: string[] = [];
  const errback = () => {
    lines.push('errback');
    return [];
  };
  const onRetry = (error: unknown, ...call: readonly unknown[]): void => {
    lines.push(
      `onRetry ${String(error)} ${JSON.stringify(call.slice(0, 3))} ${(call[3] as celeriac.ExceptionInfo).type}`,
    );
  };
  const run = () => {
    throw new celeriac.Retry({ cause: new RangeError('no'), countdown: 1 });
  };
  const followUps = { afterFailure: errback, afterSuccess: errback };
  await traced(run, { onRetry }, { followUps, signals: noted(lines), order: lines });
  const ends = ['store RETRY', 'onRetry RangeError: no ["id-1",[2,3],{}] ValueError', 'taskRetry', 'taskPostrun'];
  assert.deepStrictEqual(lines, ['taskPrerun', 'publish celery', ...ends]);
});

test('TASK-56: afterReturn comes last, with the state, after success and failure', async () => {
  assert.deepStrictEqual((await order('well', 'afterReturn SUCCESS')).slice(2), ['onSuccess', 'afterReturn SUCCESS']);
  assert.deepStrictEqual((await order('fail', 'afterReturn FAILURE')).slice(2), ['onFailure', 'afterReturn FAILURE']);
  const lines: string[] = [];
  const afterReturn = (...call: readonly unknown[]): void => void lines.push(`afterReturn ${call.map(String).join()}`);
  const onFailure = (): void => void lines.push('onFailure');
  const fates: readonly (() => unknown)[] = [
    () => 'well',
    () => {
      throw new RangeError('no');
    },
    () => {
      throw new celeriac.Ignore();
    },
    () => {
      throw new celeriac.Reject('no');
    },
    () => {
      throw new celeriac.Retry({ countdown: 1 });
    },
  ];
  for (const run of fates) await traced(run, { afterReturn, onFailure }, { signals: noted(lines) });
  // Without an exception information, and not after what is ignored, rejected or tried again.
  assert.deepStrictEqual(lines, [
    ...['taskPrerun', 'taskSuccess', 'afterReturn SUCCESS,well,id-1,2,3,[object Object],null', 'taskPostrun'],
    ...['taskPrerun', 'onFailure', 'taskFailure'],
    ...['afterReturn FAILURE,RangeError: no,id-1,2,3,[object Object],null', 'taskPostrun'],
    ...['taskPrerun', 'taskPostrun', 'taskPrerun', 'taskPostrun', 'taskPrerun', 'taskRetry', 'taskPostrun'],
  ]);
});

test('TASK-57: an error in a hook is an internal error: told to the worker, the stored result stays', async () => {
  const result = await tasks.brokenHook.delay();
  await bench.heard('feature.brokenHook', 'taskInternalError RangeError: no');
  await bench.logged(new RegExp(`feature.brokenHook\\[${result.id}\\] failed`));
  assert.equal(await result.get(wait), 'well');
});

test('TASK-58: a redelivered task that has succeeded is not run again', async () => {
  const result = await tasks.dies.delay();
  await bench.logged(new RegExp(`feature.dies\\[${result.id}\\] has succeeded before`));
  assert.deepStrictEqual([bench.said(result.id), await result.get(wait)], [['run'], 'once']);
});

test('TASK-59: hooks run in the thread and slot of their task', async () => {
  const lines: unknown[] = [];
  const onSuccess = async () => {
    lines.push(celeriac.currentTask()?.request.id);
    await new Promise(setImmediate);
    lines.push('awaited');
  };
  await traced(() => 1, { onSuccess });
  assert.deepStrictEqual(lines, ['id-1', 'awaited']);
});

test('TASK-60: the states are as Celery names them, and any other upper-case name is one', async () => {
  const names = ['PENDING', 'RECEIVED', 'STARTED', 'SUCCESS', 'FAILURE', 'RETRY', 'REVOKED', 'REJECTED', 'IGNORED'];
  assert.deepStrictEqual(Object.keys(celeriac.State).sort(), names.sort());
  assert.deepStrictEqual(Object.values(celeriac.State).sort(), names);
  assert.equal(await tasks.app.asyncResult('nobody-knows').state(), 'PENDING');
});

test('TASK-61: sets of states say what is ready, an exception, and thrown', () => {
  assert.deepStrictEqual([...READY_STATES].sort(), ['FAILURE', 'REVOKED', 'SUCCESS']);
  assert.deepStrictEqual([...EXCEPTION_STATES].sort(), ['FAILURE', 'RETRY', 'REVOKED']);
  assert.deepStrictEqual([...PROPAGATE_STATES].sort(), ['FAILURE', 'REVOKED']);
});

test('TASK-62: states have an order of precedence', () => {
  const states = ['PENDING', 'RETRY', 'REJECTED', 'RECEIVED', 'STARTED', 'REVOKED', 'PROGRESS', 'FAILURE', 'SUCCESS'];
  const sorted = states.toSorted((a, b) => precedence(b) - precedence(a));
  assert.deepStrictEqual(sorted, states);
  assert.deepStrictEqual(states.map(precedence), [8, 7, 6, 5, 4, 3, 2, 1, 0]);
  assert.equal(precedence('ANYTHING'), precedence('PROGRESS'));
});

test('TASK-63: each state stores its own data, errors with their stack', async () => {
  const { result, traceback } = await (async () => {
    const failed = await tasks.hooked.delay('fail');
    await assert.rejects(failed.get(wait));
    return tasks.app.asyncResult(failed.id).meta();
  })();
  const { name, message } = result as Error;
  assert.deepStrictEqual([name, message], ['RangeError', 'no']);
  assert.match(traceback ?? '', /feature-tasks/);
  assert.equal(await ended(tasks.plain.delay(4)), 4);
});

test('TASK-64: updateState stores a state with data, of the running task or of another', async () => {
  const otherId = `other-${String(process.pid)}`;
  const result = await tasks.progress.delay(otherId);
  assert.deepStrictEqual(await result.get(wait), ['PROGRESS', { done: 1 }]);
  const { state, result: info } = await tasks.app.asyncResult(otherId).meta();
  assert.deepStrictEqual([state, info], ['SEEN', { by: result.id }]);
});

test('TASK-70: a task object sends, runs and signs its calls', async () => {
  const { add } = tasks;
  assert.equal(await ended(add.delay(1, 2)), 3);
  assert.equal(await ended(add.applyAsync({ args: [2, 2] })), 4);
  assert.equal(await (await add.apply({ args: [3, 3] })).get(), 6);
  const signatures = [add.s(1), add.si(1), add.signature({ args: [1] })];
  assert.deepStrictEqual(
    signatures.map(({ task, args, isImmutable }) => [task, args, isImmutable]),
    [
      ['feature.add', [1], false],
      ['feature.add', [1], true],
      ['feature.add', [1], false],
    ],
  );
});

test('TASK-71: calling the task object runs its function here, with a request where it is bound', () => {
  assert.equal(tasks.add(2, 3), 5);
  assert.deepStrictEqual(tasks.bound(7), [null, 7]);
});

test('TASK-72: shadow is the name that is shown, not the one that is run', async () => {
  const sent = await tasks.request.applyAsync({ args: [1], shadow: 'shown' });
  const request = (await sent.get(wait)) as Record<string, unknown>;
  assert.deepStrictEqual([request['task'], request['shadow']], ['feature.request', 'shown']);
  await using app = createApp();
  const shadowName = (args: readonly unknown[]): string => `t of ${String(args[0])}`;
  await app.task('t', { shadowName }, (a: number) => a).delay(7);
  const { table } = (await messageIn(app)).headers;
  assert.deepStrictEqual([table['task'], table['shadow']], ['t', 't of 7']);
});

test('TASK-73: a class task keeps its state from run to run', async () => {
  const before = await ended(tasks.count.delay(0));
  await ended(tasks.count.delay(2));
  assert.equal(await ended(tasks.count.delay(0)), before + 2);
});

test('TASK-74: a task that looks learns that its result was aborted', async () => {
  const result = await tasks.abortable.delay();
  await bench.heard(result.id, 'started');
  await result.abort();
  const done = await bench.logged(new RegExp(`feature.abortable\\[${result.id}\\] succeeded`));
  assert.match(done.message, /stopped/);
});

test('TASK-75: Ignore stores nothing, calls no hook after it, and the message is acknowledged', async () => {
  const result = await tasks.hooked.delay('ignore');
  await bench.logged(new RegExp(`feature.hooked\\[${result.id}\\] ignored`));
  await bench.drained();
  assert.deepStrictEqual(await bench.heard(result.id, 'run PENDING'), ['beforeStart', 'run PENDING']);
  assert.equal(await tasks.app.asyncResult(result.id).state(), 'PENDING');
  assert.equal(await bench.dead(result.id), null);
});

test('TASK-76: loggers of tasks say id and name of the task', async () => {
  const { id } = await tasks.logs.delay();
  const context = await bench.logged(/^from the context$/);
  const module = await bench.logged(/^from the module$/);
  assert.deepStrictEqual(context.fields, { own: 1, taskId: id, taskName: 'feature.logs' });
  assert.deepStrictEqual(module.fields, { logger: 'celery.task.features', taskId: id, taskName: 'feature.logs' });
});

test("TASK-77: a worker has Celery's own tasks", async () => {
  assert.equal(await ended(tasks.app.sendTask('celery.ping')), 'pong');
  assert.deepStrictEqual(await ended(tasks.app.sendTask('celery.accumulate', { args: [1, 2] })), [1, 2]);
  assert.equal(await ended(tasks.app.sendTask('celery.accumulate', { args: [1, 2], kwargs: { index: 0 } })), 1);
  assert.equal(await failure(tasks.app.sendTask('celery.chain')), 'Error');
  assert.equal(await ended(tasks.app.sendTask('celery.backend_cleanup')), null);
});

test('TASK-78: errors have their public names', () => {
  const names = [
    ...[
      'Ignore',
      'Reject',
      'Retry',
      'TaskPredicate',
      'TaskError',
      'QueueNotFound',
      'IncompleteStream',
      'NotRegistered',
    ],
    ...[
      'AlreadyRegistered',
      'TimeoutError',
      'MaxRetriesExceededError',
      'TaskRevokedError',
      'InvalidTaskError',
      'ChordError',
    ],
    ...[
      'SecurityError',
      'ImproperlyConfigured',
      'OperationalError',
      'BackendError',
      'BackendGetMetaError',
      'CeleryError',
    ],
    ...['BackendStoreError', 'WorkerLostError', 'Terminated', 'TimeLimitExceeded', 'SoftTimeLimitExceeded'],
  ];
  const exported = celeriac as unknown as Readonly<Record<string, unknown>>;
  for (const name of names) assert.ok((exported[name] as typeof Error).prototype instanceof Error, name);
  const app = createApp();
  app.task('a', () => 1);
  assert.throws(() => app.task('a', () => 1), celeriac.AlreadyRegistered);
  assert.ok(new celeriac.AlreadyRegistered('x') instanceof celeriac.ImproperlyConfigured);
});

test('TASK-79: an error that cannot be cloned arrives with name, message, stack and plain fields', async () => {
  await assert.rejects(ended(tasks.odd.delay()), (error: celeriac.RemoteTaskError) => {
    assert.deepStrictEqual(
      [error.type, error.message, error.args],
      ['Odd', 'cannot be cloned', ['cannot be cloned', { size: 3 }]],
    );
    assert.match(error.remoteStack ?? '', /feature-tasks/);
    return true;
  });
});

function follower(): Awaited<ReturnType<FollowUps['afterSuccess']>>[number] {
  const properties = {
    correlationId: null,
    replyTo: null,
    contentType: 'x',
    contentEncoding: '',
    deliveryMode: 2,
  } as const;
  const headers = HeaderBlock.fromTable({});
  const rest = { headers, body: new Uint8Array(0), notBeforeEpochMs: null };
  return {
    exchange: '',
    routingKey: 'follower',
    properties: { ...properties, priority: null, expirationMs: null },
    ...rest,
  };
}
