/** WORK-40 to 45, BUG-02: soft and hard time limits of tasks. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError } from '../../core/app/public.js';
import { LimitBench, endOf } from '../support/limit-bench.js';
import { app } from '../support/members/limit-tasks.js';

describe('time limits', { timeout: 90_000 }, () => {
  test('WORK-40: limits of the message, then of the task, then of the settings, then of the options of the worker', async () => {
    await using bench = await LimitBench.start({ settings: { taskTimeLimit: 0.3 } });
    // limit.plain has none of its own; 0 in a message sets none.
    assert.equal(await bench.end('plain', [5_000]), 'TimeLimitExceeded');
    assert.equal(await bench.end('plain', [600], { timeLimit: 20 }), 'in time');
    // limit.polls has 0.1 s and 20 s of its own: the settings' 0.3 s do not count.
    assert.equal(await bench.end('polls'), 'SoftTimeLimitExceeded');
    const own = await bench.send('plain', [5_000], { timeLimit: 0.2, softTimeLimit: 0.1 });
    assert.equal(await endOf(own), 'TimeLimitExceeded');
    await bench.logged('error', `Hard time limit (0.2s) exceeded for limit.plain[${own.id}]`);
    await bench.logged('warn', `Soft time limit (0.1s) exceeded for limit.plain[${own.id}]`);
  });

  test('WORK-41: a soft limit is SoftTimeLimitExceeded inside the task, which may catch it, and a warning in the log', async () => {
    await using bench = await LimitBench.start();
    assert.equal(await bench.end('catches'), 'caught SoftTimeLimitExceeded');
    assert.equal(await bench.end('polls'), 'SoftTimeLimitExceeded');
    assert.equal(await bench.end('passesOn'), 'SoftTimeLimitExceeded');
    // A body that never looks is interrupted; all that follows a failure follows.
    const deaf = await bench.send('spins');
    assert.equal(await endOf(deaf), 'SoftTimeLimitExceeded');
    await bench.heard(deaf.id, 'spins afterReturn FAILURE');
    await bench.heard(deaf.id, 'task_failure SoftTimeLimitExceeded');
    assert.ok(bench.said(deaf.id).includes('spins onFailure SoftTimeLimitExceeded'));
    await bench.logged('warn', `Soft time limit (0.1s) exceeded for limit.spins[${deaf.id}]`);
    assert.equal(await bench.end('retries'), 'run 1');
    // Our own code may be on the stack.
    for (const how of ['updateState', 'logger', 'delay']) {
      assert.equal(await bench.end('talks', [how]), 'SoftTimeLimitExceeded', how);
    }
    assert.equal(await bench.end('echo', ['and so on']), 'and so on');
  });

  test('WORK-42: a hard limit ends the run with its member: an error in the log, and the failure with all its hooks', async () => {
    await using bench = await LimitBench.start();
    for (const task of ['stuck', 'waits']) {
      // Sent together: only the second has to wait for its start, and its time counts from there.
      const [first, second] = [await bench.send(task), await bench.send(task)];
      assert.deepEqual([await endOf(first), await endOf(second)], ['TimeLimitExceeded', 'TimeLimitExceeded']);
      for (const { id } of [first, second]) {
        await bench.logged('error', `Hard time limit (0.3s) exceeded for limit.${task}[${id}]`);
        await bench.heard(id, `${task} afterReturn FAILURE`);
        await bench.heard(id, 'task_failure TimeLimitExceeded');
        assert.ok(bench.said(id).includes(`${task} onFailure TimeLimitExceeded`));
      }
    }
    // A task that waits for its ETA, or in the queue of its member, has not begun.
    const [late, queued] = [await bench.send('plain', [100], { countdown: 0.5, timeLimit: 0.4 }), bench.send('waits')];
    await queued;
    const behind = await bench.send('plain', [1], { timeLimit: 0.25 });
    assert.deepEqual([await endOf(late), await endOf(behind)], ['in time', 'in time']);
    // What a promise does after it was given up is told, and charged to nobody.
    const given = await bench.send('rejectsLate');
    const neighbour = await bench.send('echo', ['well']);
    assert.equal(await endOf(given), 'TimeLimitExceeded');
    assert.equal(await endOf(neighbour), 'well');
  });

  test('WORK-44: time_limit changes the limits of a task for runs that start later', async () => {
    await using bench = await LimitBench.start({ settings: { workerEnableRemoteControl: true } });
    const running = await bench.send('plain', [700]);
    await bench.heard(running.id, 'started');
    const only = { destination: bench.worker.hostname, timeoutMs: 5_000, reply: true };
    const replies = await app.control.timeLimit('limit.plain', { hard: 0.2 }, only);
    assert.deepEqual([...replies.values()], [{ ok: 'time limits set successfully' }]);
    assert.equal(await endOf(running), 'in time');
    assert.equal(await bench.end('plain', [5_000]), 'TimeLimitExceeded');
    const unknown = await app.control.timeLimit('limit.nobody', { hard: 1 }, only);
    assert.deepEqual([...unknown.values()], [{ error: 'unknown task' }]);
    bench.worker.timeLimit('limit.plain', {});
    assert.equal(await bench.end('plain', [300]), 'in time');
    assert.throws(() => {
      bench.worker.timeLimit('limit.plain', { hard: 1, soft: 2 });
    }, ConfigError);
  });

  test('WORK-45: a limit that passes during a cold stop stores no failure: the task goes back to its queue', async () => {
    const bench = await LimitBench.start({ settings: { workerSoftShutdownTimeout: 10 } });
    const running = await bench.send('waits');
    await bench.heard(running.id, 'started');
    await bench.worker.stop('cold', { signal: 'SIGQUIT', exitCode: 0 });
    assert.equal(await running.state(), 'PENDING');
    const transport = await app.connections.transport();
    const { ready, unacked } = await transport.stats(bench.queue);
    assert.deepEqual([ready, unacked], [1, 0]);
    await bench[Symbol.asyncDispose]();
  });

  test('BUG-02: the end at a hard limit is told once: one hook, one signal, one result', async () => {
    await using bench = await LimitBench.start();
    const { id } = await bench.send('stuck');
    await bench.heard(id, 'stuck afterReturn FAILURE');
    await bench.heard(id, 'task_failure TimeLimitExceeded');
    // The next task runs in the new member: nothing of the old one can come any more.
    assert.equal(await bench.end('echo', [1]), 1);
    const told = bench.said(id).filter((word) => !word.startsWith('started'));
    assert.deepEqual([...told].sort(), [
      'stuck afterReturn FAILURE',
      'stuck onFailure TimeLimitExceeded',
      'task_failure TimeLimitExceeded',
    ]);
    const errors = bench.lines.filter(({ level, message }) => level === 'error' && message.includes(id));
    assert.equal(errors.length, 1, JSON.stringify(errors));
  });
});
