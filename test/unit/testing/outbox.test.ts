/** A program that sends tasks, tested without anything that runs them. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Celeriac, ConfigError, TimeoutError } from '../../../core/app/public.js';
import { createTestApp, recordMessages } from '../../../testing/public.js';
import { app, greet } from '../../support/members/greeting-tasks.js';

/** What a web server would do. */
async function handle(name: string): Promise<{ readonly status: number; readonly task: string }> {
  const { id } = await greet.applyAsync({ args: [name], queue: 'mail', expires: 60, priority: 3 });
  return { status: 202, task: id };
}

describe('the outbox', { timeout: 20_000 }, () => {
  afterEach(() => app.close());

  it('has what the app of the program has sent: arguments, headers, queue', async () => {
    const outbox = recordMessages(app);
    const { task } = await handle('Ada');
    const sent = outbox.only(greet);
    assert.equal(sent.id, task);
    assert.deepEqual([sent.task, sent.queue, sent.args, sent.kwargs], ['greeting.greet', 'mail', ['Ada'], {}]);
    assert.equal(sent.headers['argsrepr'], "('Ada',)");
    assert.equal(sent.properties.priority, 3);
    assert.ok(sent.eta === null && sent.expires !== null && sent.expires.getTime() > Date.now());
    assert.deepEqual([sent.callbacks, sent.errbacks], [[], []]);
  });

  it('begins anew with each recording', async () => {
    await handle('Ada');
    assert.equal(recordMessages(app).length, 0);
  });

  it('says what was sent instead of what the test expects', async () => {
    const outbox = recordMessages(app);
    assert.throws(() => outbox.only(greet), /"greeting.greet" was not sent, not once; sent were: none/);
    await handle('Ada');
    await handle('Bob');
    assert.throws(() => outbox.only(greet), /was 2 times sent, not once; sent were: greeting.greet, greeting.greet/);
    assert.deepEqual(
      [...outbox].map(({ args: [name] }) => name),
      ['Ada', 'Bob'],
    );
  });

  it('waits for what is sent later, and no longer than it may', async () => {
    const outbox = recordMessages(app);
    const waiting = outbox.waitFor(greet);
    await handle('Ada');
    assert.deepEqual((await waiting).args, ['Ada']);
    assert.equal(await outbox.waitFor('greeting.greet'), await waiting);
    await assert.rejects(outbox.waitFor('greeting.other', { timeoutMs: 1 }), TimeoutError);
  });

  it('does not have what was never confirmed', async () => {
    await using full = createTestApp({ taskQueues: { tiny: { maxLength: 1 } }, taskDefaultQueue: 'tiny' });
    await full.sendTask('first');
    await assert.rejects(full.sendTask('second'));
    assert.deepEqual(
      full.outbox.messages.map(({ task }) => task),
      ['first'],
    );
  });

  it('has tasks and nothing else, in whatever protocol they travel', async () => {
    await using old = createTestApp({ taskProtocol: 1, inline: true });
    const add = old.task('add', (a: number, b: number) => a + b);
    assert.equal((await old.control.inspect({ timeoutMs: 1 }).ping()).size, 0);
    assert.equal(await (await add.delay(2, 3)).get({ timeoutMs: 0 }), 5);
    assert.deepEqual(
      old.outbox.messages.map(({ task, args }) => [task, ...args]),
      [['add', 2, 3]],
    );
  });

  it('is not for an app that has sent something elsewhere', async () => {
    await using busy = new Celeriac('busy', { brokerUrl: 'memory://busy', resultBackend: 'memory://busy' });
    await busy.sendTask('busy.task');
    assert.throws(() => recordMessages(busy), ConfigError);
  });
});
