/** What is commonly misunderstood about calls: MIS-07, 08, 09, 14, 31, 34. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchange, Queue, type Celeriac } from '../../core/app/public.js';
import { createApp, messageIn } from '../support/sent-messages.js';

async function withApp(
  body: (app: Celeriac) => Promise<void>,
  input: Parameters<typeof createApp>[0] = {},
): Promise<void> {
  await using app = createApp(input);
  await body(app);
}

test('MIS-07: eta and expires are both absolute from the publish', () =>
  withApp(async (app) => {
    const now = Date.now();
    await app.sendTask('t', { countdown: 100, expires: 50 });
    const { eta, expires } = (await messageIn(app)).headers.table;
    assert.ok(typeof eta === 'string' && typeof expires === 'string');
    assert.ok(Math.abs(Date.parse(eta) - now - 100_000) < 5_000);
    assert.equal(Date.parse(eta) - Date.parse(expires), 50_000);
  }));

test('MIS-08: expires is also the lifetime of the message at the broker, in whole milliseconds', () =>
  withApp(async (app) => {
    await app.sendTask('t', { expires: 1.2345 });
    assert.equal((await messageIn(app)).properties.expirationMs, 1_234);
    await app.sendTask('t', { queue: 'without' });
    assert.equal((await messageIn(app, 'without')).properties.expirationMs, null);
  }));

test('MIS-09: a countdown is an instant with its zone, whatever the zone of the app', () =>
  withApp(
    async (app) => {
      const now = Date.now();
      await app.sendTask('t', { countdown: 10 });
      const { eta } = (await messageIn(app)).headers.table;
      assert.ok(typeof eta === 'string');
      assert.match(eta, /[+-]\d\d:\d\d$/);
      assert.ok(Math.abs(Date.parse(eta) - now - 10_000) < 5_000);
    },
    { timezone: 'Asia/Tokyo' },
  ));

test('MIS-14: the header ignore_result always has a value, false for a task that is known by name only', () =>
  withApp(
    async (app) => {
      await app.sendTask('by-name', { queue: 'a' });
      await app.task('known', () => 1).applyAsync({ queue: 'b' });
      const said = [await messageIn(app, 'a'), await messageIn(app, 'b')].map(
        ({ headers }) => headers.table['ignore_result'],
      );
      assert.deepStrictEqual(said, [false, true]);
    },
    { taskIgnoreResult: true },
  ));

test('MIS-31: the queue of a call replaces only the queue of the route, not its exchange and key', () =>
  withApp(
    async (app) => {
      await app.sendTask('t', { queue: 'other', priority: 4 });
      const { properties } = await messageIn(app, 'bound');
      assert.equal(properties.priority, 4);
    },
    {
      taskQueues: [new Queue('bound', { exchange: new Exchange('x', 'topic'), routingKey: 'k.#' }), 'other'],
      taskRoutes: { t: { queue: 'bound', exchange: 'x', routing_key: 'k.1', priority: 9 } },
    },
  ));

test('MIS-34: an eager run knows no routing, countdown, expiry or retry delay, but its arguments were serialised', () =>
  withApp(
    async (app) => {
      const started = Date.now();
      const seen: unknown[] = [];
      const echo = app.task('echo', { bind: true, maxRetries: 1 }, (ctx, value: unknown) => {
        const { eta, expires, timelimit } = ctx.request;
        seen.push([eta, expires, timelimit]);
        if (ctx.request.retries === 0) throw ctx.retry({ countdown: 3_600 });
        return value;
      });
      const given = { when: [1, 2] };
      const value = await (
        await echo.applyAsync({ args: [given], countdown: 3_600, expires: 60, timeLimit: 9, queue: 'none' })
      ).get();
      assert.deepStrictEqual(seen[0], [null, null, [null, null]]);
      assert.equal(seen.length, 2);
      assert.deepStrictEqual([value, value === given], [given, false]);
      assert.ok(Date.now() - started < 10_000);
      await assert.rejects(
        echo.delay(() => 1),
        { code: 'CLR_ENCODE' },
      );
    },
    { taskAlwaysEager: true, taskCreateMissingQueues: false },
  ));
