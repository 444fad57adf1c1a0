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
  const shared = new Celeriac('shared', {
    tasks: app.tasks,
    configSource: { SHOP_TASK_DEFAULT_QUEUE: 'own', TASK_DEFAULT_PRIORITY: 3 },
    namespace: 'SHOP',
    autofinalize: false,
    setAsCurrent: false,
  });
  shared.task('options.shared', () => 1);
  assert.deepStrictEqual([shared.conf.taskDefaultQueue, shared.conf.taskDefaultPriority], ['own', null]);
  assert.throws(() => shared.tasks, /not finalized/);
  assert.equal(app.tasks.get('options.shared').name, 'options.shared');
});

test('APP-04: assignments stand above the configuration object, the environment above both', () => {
  const app = newApp();
  app.configFromObject({ task_default_queue: 'object', task_default_exchange: 'object' });
  app.conf.taskDefaultQueue = 'assigned';
  assert.deepStrictEqual([app.conf.taskDefaultQueue, app.conf.taskDefaultExchange], ['assigned', 'object']);
  const [urls, names] = [
    ['brokerUrl', 'brokerReadUrl', 'brokerWriteUrl', 'resultBackend'],
    ['CELERY_BROKER_URL', 'CELERY_BROKER_READ_URL', 'CELERY_BROKER_WRITE_URL', 'CELERY_RESULT_BACKEND'],
  ];
  const variables = Object.fromEntries(names.map((name, index) => [name, `memory://environment-${String(index)}`]));
  const read = withEnvironment(variables, () => {
    const { conf } = newApp({ brokerReadUrl: 'memory://read', brokerWriteUrl: 'memory://write' });
    return urls.map((name) => conf[name]);
  });
  assert.deepStrictEqual(read, Object.values(variables));
  const assigned = newApp();
  assigned.conf.brokerUrl = 'memory://assigned';
  assert.equal(assigned.conf.brokerUrl, 'memory://assigned');
  const changed = newApp({ changes: { taskDefaultQueue: 'changes' }, configSource: { task_default_queue: 'object' } });
  assert.equal(changed.conf.taskDefaultQueue, 'changes');
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
  // Nothing took the place of what was read before.
  assert.equal(app.conf.taskDefaultQueue, 'variable');
  withEnvironment({ SHOP_CONFIG: join(folder, 'no-such-module.json') }, () => {
    assert.throws(() => {
      newApp().configFromEnvvar('SHOP_CONFIG', { force: true });
    }, ConfigError);
    const silent = newApp();
    silent.configFromEnvvar('SHOP_CONFIG', { force: true, silent: true });
    assert.equal(silent.conf.taskDefaultQueue, 'celery');
  });
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
  app.configFromObject({ task_track_started: false, worker_concurrency: 9 });
  assert.deepStrictEqual([app.conf.taskTrackStarted, app.conf.taskDefaultPriority], [false, 4]);
  app.configFromCmdline(['.concurrency=7', 'task_default_priority=6'], 'worker');
  assert.deepStrictEqual([app.conf.workerConcurrency, app.conf.taskDefaultPriority], [7, 6]);
});

test('APP-08: with a namespace only names with its prefix are read, without it', () => {
  const app = newApp();
  app.configFromObject({ SHOP_TASK_DEFAULT_QUEUE: 'named', TASK_DEFAULT_PRIORITY: 3 }, { namespace: 'SHOP' });
  assert.deepStrictEqual([app.conf.taskDefaultQueue, app.conf.taskDefaultPriority], ['named', null]);
  app.configFromObject(
    { CELERY_TASK_ALWAYS_EAGER: true, CELERY_WORKER_CONCURRENCY: 2, task_default_queue: 'passed over', CELERYX: 1 },
    { namespace: 'CELERY' },
  );
  const { taskAlwaysEager, workerConcurrency, taskDefaultQueue } = app.conf;
  assert.deepStrictEqual([taskAlwaysEager, workerConcurrency, taskDefaultQueue], [true, 2, 'celery']);
});

test('APP-09: old names are translated, and old and new ones are not mixed', () => {
  const app = newApp();
  app.configFromObject({ CELERY_DEFAULT_QUEUE: 'old', CELERYD_CONCURRENCY: 2 });
  assert.deepStrictEqual([app.conf.taskDefaultQueue, app.conf.workerConcurrency], ['old', 2]);
  const aged = new Celeriac('aged', { setAsCurrent: false });
  aged.configFromObject({ BROKER_URL: 'memory://old-name', CELERY_ENABLE_UTC: false, CELERY_TASK_RESULT_EXPIRES: 60 });
  const { brokerUrl, enableUtc, resultExpires } = aged.conf;
  assert.deepStrictEqual([brokerUrl, enableUtc, resultExpires], ['memory://old-name', false, 60]);
  assert.throws(() => {
    app.configFromObject({ CELERYD_CONCURRENCY: 2, task_default_queue: 'new' }, { force: true });
  }, /old names of settings are mixed with new ones \(task_default_queue\): write worker_concurrency for CELERYD_CONCURRENCY/);
  // A prefix says which names are meant.
  const named = newApp();
  named.configFromObject(
    { CELERY_TASK_DEFAULT_QUEUE: 'new', CELERY_DEFAULT_EXCHANGE: 'old', CELERYD_CONCURRENCY: 2 },
    { namespace: 'CELERY' },
  );
  const { taskDefaultQueue, taskDefaultExchange, workerConcurrency } = named.conf;
  assert.deepStrictEqual([taskDefaultQueue, taskDefaultExchange], ['new', 'old']);
  assert.notEqual(workerConcurrency, 2);
});

test('APP-10: settings as words: with a namespace, the default one, and casts', () => {
  const app = newApp();
  app.configFromCmdline(['.concurrency=(int)2', 'task.default_queue=words'], 'worker');
  assert.deepStrictEqual([app.conf.workerConcurrency, app.conf.taskDefaultQueue], [2, 'words']);
  const words = {
    plain: ['shop_plain=text', 'text'],
    int: ['shop.int=(int)3', 3],
    float: ['shop_float=(float)1.5', 1.5],
    yes: ['shop_yes=(bool)yes', true],
    no: ['shop_no=(bool)False', false],
    dict: ['shop_dict=(dict){"a": [1]}', { a: [1] }],
    list: ['shop_list=(list)["a", 2]', ['a', 2]],
    tuple: ['shop_tuple=(tuple)a,b', ['a', 'b']],
    any: ['shop_any=(any)4=5', '4=5'],
  } as const;
  app.configFromCmdline(Object.values(words).map(([word]) => word));
  for (const [name, [word, value]] of Object.entries(words))
    assert.deepStrictEqual(app.conf[`shop_${name}`], value, word);
  for (const word of ['a_b=(int)1.5', 'a_b=(float)x', 'a_b=(dict){', 'novalue'])
    assert.throws(() => {
      app.configFromCmdline([word]);
    }, ConfigError);
  assert.throws(() => {
    app.configFromCmdline(['worker.concurency=2']);
  }, ConfigError);
});

test('APP-11: humanize and table hide what is secret', () => {
  const app = newApp({ brokerUrl: 'memory://ann:pass1@host', my_api_token: 'token1' });
  assert.doesNotMatch(app.conf.humanize(), /pass1|token1/);
  const lines = app.conf.humanize({ withDefaults: true }).split('\n');
  assert.ok(lines.includes('taskDefaultQueue: "celery"'));
  assert.ok(!app.conf.humanize().includes('taskDefaultQueue'));
  assert.ok(app.conf.humanize({ isCensored: false }).split('\n').includes('my_api_token: "token1"'));
  assert.equal(app.conf.table()['my_api_token'], '********');
  assert.equal(app.conf.table()['brokerUrl'], 'memory://ann:********@host');
  assert.equal(app.conf.table({ isCensored: false })['brokerUrl'], 'memory://ann:pass1@host');
  assert.deepStrictEqual(
    [app.conf.table()['taskDefaultQueue'], app.conf.table({ withDefaults: true })['taskDefaultQueue']],
    [undefined, 'celery'],
  );
  const words = ['api', 'TOKEN', 'Key', 'secret', 'pass', 'profanities_list', 'signature', 'DATABASE', 'beat_dburi'];
  const secrets = Object.fromEntries(words.map((word) => [`shop_${word}_x`, 'hidden']));
  const table = newApp({ ...secrets, shop_currency: 'EUR' }).conf.table();
  assert.deepStrictEqual(
    Object.keys({ ...secrets, shop_currency: 1 }).map((name) => table[name]),
    [...words.map(() => '********'), 'EUR'],
  );
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
  assert.deepStrictEqual(app.conf.findValueForKey('taskDefaultExchangeType'), {
    value: 'direct',
    source: null,
  });
  assert.deepStrictEqual(
    [app.conf['task_default_priority'], app.conf.get('taskRoutes', 'none'), app.conf.first('task_routes')],
    [2, 'none', undefined],
  );
  assert.equal(app.conf.changes.taskDefaultPriority, 2);
  assert.throws(() => {
    app.conf.taskDefaultPriority = -1;
  }, ConfigError);
  assert.equal(app.conf.taskDefaultPriority, 2);
});

test('APP-13: names of the application are kept, near misses of a setting refused', () => {
  const app = newApp({ shop_currency: 'EUR' });
  assert.deepStrictEqual([app.conf['shop_currency'], app.extra['shop_currency']], ['EUR', 'EUR']);
  app.conf['shop_country'] = 'DE';
  app.configFromObject({ shop_city: 'Bonn' });
  assert.deepStrictEqual([app.conf['shop_city'], app.conf['shop_currency']], ['Bonn', 'EUR']);
  app.conf['shop_country'] = 'AT';
  assert.deepStrictEqual([app.conf['shop_country'], app.conf['shop_unknown']], ['AT', undefined]);
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
