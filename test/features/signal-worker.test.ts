/** SIG-12, 19, 20, 21, 31: signals of single tasks on the host, and of the way to the end. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signals } from '../../core/app/public.js';
import { formatInstant } from '../../core/protocol/iso-instant.js';
import { app } from '../support/members/worker-tasks.js';
import { Bench, endOf } from '../support/worker-bench.js';

type Event = Readonly<Record<string, unknown>>;

describe('signals of the host', { timeout: 60_000 }, () => {
  let bench: Bench;
  const events: (readonly [name: string, event: Event])[] = [];
  const disconnects: (() => void)[] = [];
  before(async () => {
    for (const name of ['taskReceived', 'taskRevoked', 'taskRejected', 'taskUnknown'] as const) {
      disconnects.push(signals[name].connect((event: object) => events.push([name, event as Event])));
    }
    bench = await Bench.start();
  });
  after(async () => {
    for (const disconnect of disconnects) disconnect();
    await bench[Symbol.asyncDispose]();
  });

  const of = (wanted: string): readonly Event[] => events.filter(([name]) => name === wanted).map(([, event]) => event);

  test('SIG-12: taskReceived is sent with the request', async () => {
    const sent = await bench.send('echo', ['x']);
    await sent.get({ timeoutMs: 20_000 });
    const [event] = of('taskReceived').filter(({ request }) => (request as { id: string }).id === sent.id);
    assert.equal(event?.['sender'], bench.worker);
    const { name, args, hostname } = event?.['request'] as { name: string; args: string; hostname: string };
    assert.deepStrictEqual([name, args, hostname], ['worker.echo', "('x',)", bench.worker.hostname]);
  });

  test('SIG-19: taskRevoked tells whether the task was revoked, expired or terminated', async () => {
    bench.worker.revoke('revoked');
    await bench.send('echo', [], { taskId: 'revoked' });
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'expired', expires: formatInstant(Date.now() - 1) });
    for (const id of ['revoked', 'expired']) await endOf(app.asyncResult(id));
    const running = await bench.send('hold');
    await bench.ear.started(running.id);
    bench.worker.revoke(running.id, { terminate: true, signal: 'SIGKILL' });
    await endOf(running);
    const told = of('taskRevoked').map(({ request, sender, terminated, signum, expired }) => {
      return [(request as { id: string }).id, (sender as { taskName: string }).taskName, terminated, signum, expired];
    });
    assert.deepStrictEqual(told, [
      ['revoked', 'worker.echo', false, null, false],
      ['expired', 'worker.echo', false, null, true],
      [running.id, 'worker.hold', true, 'SIGKILL', false],
    ]);
  });

  test('SIG-20: taskRejected is sent for a message that cannot be read or is not accepted, with the error', async () => {
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'x', eta: 'soon' });
    await bench.publish(
      { lang: 'py', task: 'worker.echo', id: 'y' },
      { contentType: 'application/x-python-serialize' },
    );
    await bench.until(() => of('taskRejected').length === 2);
    const reasons = of('taskRejected').map(({ exc }) => (exc as Error).name);
    assert.deepStrictEqual(reasons, ['ProtocolError', 'ContentDisallowed']);
    assert.ok(of('taskRejected').every(({ message, sender }) => message !== null && sender === bench.worker));
  });

  test('SIG-21: taskUnknown is sent for a task that nobody knows, with name and id', async () => {
    await bench.publish({ lang: 'py', task: 'worker.nobody', id: 'n' });
    await bench.until(() => of('taskUnknown').length === 1);
    const [event] = of('taskUnknown');
    assert.deepStrictEqual(
      [event?.['name'], event?.['id'], (event?.['exc'] as Error).name, event?.['sender'] === bench.worker],
      ['worker.nobody', 'n', 'NotRegistered', true],
    );
    const { headers } = event?.['message'] as { readonly headers: { readonly table: Event } };
    assert.equal(headers.table['id'], 'n');
    assert.equal(of('taskRejected').length, 2);
  });

  test('SIG-31: workerShuttingDown tells what asked for it, how hard it stops, and the exit code', async () => {
    const told: Event[] = [];
    const disconnect = signals.workerShuttingDown.connect((event) => told.push(event));
    const leaving = await Bench.start();
    await leaving.worker.stop('warm', { signal: 'SIGTERM', exitCode: 0 });
    await leaving.worker.stop('cold', { signal: 'SIGQUIT', exitCode: 1 });
    disconnect();
    leaving.ear.close();
    const sender = leaving.worker.hostname;
    assert.deepStrictEqual(told, [
      { sig: 'SIGTERM', how: 'Warm', exitcode: 0, sender },
      { sig: 'SIGQUIT', how: 'Cold', exitcode: 1, sender },
    ]);
  });
});
