/** APP-02 to APP-13: where settings come from, how they are read and changed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Celeriac, ConfigError, type AppInput } from '../../core/app/public.js';

const folder = mkdtempSync(join(tmpdir(), 'celeriac-app-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function newApp(input: AppInput = {}): Celeriac {
  return new Celeriac('conf', { brokerUrl: 'memory://conf', resultBackend: 'memory://conf', ...input });
}

function withEnvironment<T>(variables: Readonly<Record<string, string>>, body: () => T): T {
  Object.assign(process.env, variables);
  try {
    return body();
  } finally {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
  }
}

test('APP-02: options of the constructor, and any other keyword is a setting', () => {
  const fixed: unknown[] = [];
  const app = new Celeriac('options', {
    broker: 'memory://a',
    backend: 'memory://b',
    changes: { taskDefaultQueue: 'changed' },
    configSource: { task_default_queue: 'source', task_default_priority: 3 },
    fixups: [(fixedApp) => void fixed.push(fixedApp)],
    setAsCurrent: false,
    taskTrackStarted: true,
  });
  const { brokerUrl, resultBackend, taskDefaultQueue, taskDefaultPriority, taskTrackStarted } = app.conf;
  assert.deepStrictEqual(
    [brokerUrl, resultBackend, taskDefaultQueue, taskDefaultPriority, taskTrackStarted],
    ['memory://a', 'memory://b', 'changed', 3, true],
  );
  assert.deepStrictEqual(fixed, [app]);
});

test('APP-04: assignments stand above the configuration object, the environment above both', () => {
  const app = newApp();
  app.configFromObject({ task_default_queue: 'object', task_default_exchange: 'object' });
  app.conf.taskDefaultQueue = 'assigned';
  assert.deepStrictEqual([app.conf.taskDefaultQueue, app.conf.taskDefaultExchange], ['assigned', 'object']);
  const url = withEnvironment({ CELERY_BROKER_URL: 'memory://environment' }, () => newApp().conf.brokerUrl);
  assert.equal(url, 'memory://environment');
});

test('APP-05: a configuration object or module replaces earlier ones and what was assigned, and is read when needed', () => {
  const app = newApp();
  app.conf.taskDefaultQueue = 'assigned';
  app.configFromObject({ task_default_queue: 'object' });
  assert.equal(app.conf.taskDefaultQueue, 'object');
  const file = join(folder, 'settings.json');
  app.configFromObject(file);
  writeFileSync(file, '{"task_default_queue": "file"}');
  assert.equal(app.conf.taskDefaultQueue, 'file');
  assert.throws(() => {
    app.configFromObject(join(folder, 'missing.json'), { force: true });
  }, ConfigError);
  app.configFromObject(join(folder, 'missing.json'), { silent: true, force: true });
  assert.equal(app.conf.taskDefaultQueue, 'celery');
});

test('APP-06: the module that a variable names; a missing variable is an error unless silent', () => {
  const file = join(folder, 'by-variable.json');
  writeFileSync(file, '{"task_default_queue": "variable"}');
  const app = newApp();
  withEnvironment({ SHOP_CONFIG: file }, () => {
    app.configFromEnvvar('SHOP_CONFIG', { force: true });
  });
  assert.equal(app.conf.taskDefaultQueue, 'variable');
  assert.throws(() => {
    app.configFromEnvvar('NO_SUCH_VARIABLE');
  }, /NO_SUCH_VARIABLE is not set/);
  app.configFromEnvvar('NO_SUCH_VARIABLE', { silent: true });
});

test('APP-07: defaults stand below everything else, words of a command line above', () => {
  const app = newApp({ taskDefaultQueue: 'own' });
  app.addDefaults({ taskDefaultQueue: 'default', taskTrackStarted: true });
  app.addDefaults(() => ({ taskDefaultPriority: 4 }));
  app.configFromCmdline(['worker.concurrency=3', 'task_ignore_result=true']);
  const { taskDefaultQueue, taskTrackStarted, taskDefaultPriority, workerConcurrency, taskIgnoreResult } = app.conf;
  assert.deepStrictEqual(
    [taskDefaultQueue, taskTrackStarted, taskDefaultPriority, workerConcurrency, taskIgnoreResult],
    ['own', true, 4, 3, true],
  );
});

test('APP-08: with a namespace only names with its prefix are read, without it', () => {
  const app = newApp();
  app.configFromObject({ SHOP_TASK_DEFAULT_QUEUE: 'named', TASK_DEFAULT_PRIORITY: 3 }, { namespace: 'SHOP' });
  assert.deepStrictEqual([app.conf.taskDefaultQueue, app.conf.taskDefaultPriority], ['named', null]);
});

test('APP-09: old names are translated, and old and new ones are not mixed', () => {
  const app = newApp();
  app.configFromObject({ CELERY_DEFAULT_QUEUE: 'old', CELERYD_CONCURRENCY: 2 });
  assert.deepStrictEqual([app.conf.taskDefaultQueue, app.conf.workerConcurrency], ['old', 2]);
  assert.throws(() => {
    app.configFromObject({ CELERYD_CONCURRENCY: 2, task_default_queue: 'new' }, { force: true });
  }, ConfigError);
});

test('APP-10: settings as words: with a namespace, the default one, and casts', () => {
  const app = newApp();
  app.configFromCmdline(['.concurrency=(int)2', 'task.default_queue=words'], 'worker');
  assert.deepStrictEqual([app.conf.workerConcurrency, app.conf.taskDefaultQueue], [2, 'words']);
  assert.throws(() => {
    app.configFromCmdline(['worker.concurency=2']);
  }, ConfigError);
});

test('APP-11: humanize and table hide what is secret', () => {
  const app = newApp({ brokerUrl: 'memory://ann:pass1@host', my_api_token: 'token1' });
  assert.doesNotMatch(app.conf.humanize(), /pass1|token1/);
  assert.match(app.conf.humanize({ withDefaults: true }), /taskDefaultQueue: "celery"/);
  assert.equal(app.conf.table()['my_api_token'], '********');
});

test('APP-12: settings are read and written by name, key, parts and in groups', () => {
  const app = newApp();
  app.conf['task_default_queue'] = 'key';
  app.conf.update({ taskDefaultPriority: 2 });
  assert.deepStrictEqual(
    [
      app.conf.taskDefaultQueue,
      app.conf.getByParts('task', 'default', 'queue'),
      app.conf.first('task_routes', 'taskDefaultPriority'),
    ],
    ['key', 'key', 2],
  );
  assert.deepStrictEqual(app.conf.findValueForKey('taskDefaultPriority'), { value: 2, source: 'the program' });
  assert.equal(app.conf.changes.taskDefaultPriority, 2);
  assert.throws(() => {
    app.conf.taskDefaultPriority = -1;
  }, ConfigError);
  assert.equal(app.conf.taskDefaultPriority, 2);
});

test('APP-13: names of the application are kept, near misses of a setting refused', () => {
  const app = newApp({ shop_currency: 'EUR' });
  assert.deepStrictEqual([app.conf['shop_currency'], app.extra['shop_currency']], ['EUR', 'EUR']);
  assert.throws(() => newApp({ taskAckLate: true }), /did you mean "taskAcksLate"/);
});

test('settings can still change while connections are open, but not those of the connections', async () => {
  await using app = newApp();
  await app.sendTask('t');
  app.conf.taskDefaultQueue = 'later';
  await app.sendTask('t');
  const transport = await app.connections.transport();
  assert.equal(await transport.count('later'), 1);
  assert.throws(() => {
    app.conf.brokerUrl = 'memory://other';
  }, /too late/);
});
