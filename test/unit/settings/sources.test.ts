/** The places that settings come from: environment, words of the command line, old names; and what stands above what. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settingsFromArguments } from '../../../core/settings/arguments.js';
import { censor, humanize, originOf, tableOf } from '../../../core/settings/censor.js';
import { settingsFromEnvironment } from '../../../core/settings/environment.js';
import { translateOldNames } from '../../../core/settings/old-names.js';
import { readSettings } from '../../../core/settings/read-settings.js';
import { resolveLayers } from '../../../core/settings/resolve.js';
import type { Settings } from '../../../core/settings/table.js';

function fromEnvironment(environment: Record<string, string>): Settings {
  return resolveLayers(settingsFromEnvironment(environment, '/work')).settings;
}

describe('settings of the environment', () => {
  it('are read by the type of their row', () => {
    const settings = fromEnvironment({
      CELERIAC_TASK_ACKS_LATE: 'no',
      CELERIAC_WORKER_CONCURRENCY: '3',
      CELERIAC_TASK_TIME_LIMIT: '2.5',
      CELERIAC_ACCEPT_CONTENT: 'json, msgpack',
      CELERIAC_IMPORTS: '["a,b"]',
      CELERIAC_BROKER_TRANSPORT_OPTIONS: '{"visibility_timeout": 60}',
      CELERIAC_TASK_DEFAULT_RATE_LIMIT: '10/m',
      CELERIAC_RESULT_EXPIRES: 'none',
      CELERIAC_TASK_ROUTES: '{"a.*": "q"}',
      CELERIAC_BROKER_USE_SSL: 'true',
      CELERIAC_TASK_DEFAULT_DELIVERY_MODE: 'transient',
    });
    assert.equal(settings.taskAcksLate, false);
    assert.equal(settings.workerConcurrency, 3);
    assert.equal(settings.taskTimeLimit, 2.5);
    assert.deepEqual(settings.acceptContent, ['json', 'msgpack']);
    assert.deepEqual(settings.imports, ['a,b']);
    assert.deepEqual(settings.brokerTransportOptions, { visibility_timeout: 60 });
    assert.equal(settings.taskDefaultRateLimit, '10/m');
    assert.equal(settings.resultExpires, null);
    assert.deepEqual(settings.taskRoutes, { 'a.*': 'q' });
    assert.equal(settings.brokerUseSsl, true);
    assert.equal(settings.taskDefaultDeliveryMode, 1);
  });

  it("have Celery's names too, below ours; an empty variable is none", () => {
    const settings = fromEnvironment({
      CELERY_BROKER_URL: 'memory://theirs',
      CELERIAC_BROKER_URL: 'memory://ours',
      CELERY_BROKER_READ_URL: 'memory://read',
      CELERY_BROKER_WRITE_URL: '',
      CELERY_RESULT_BACKEND: 'sqlite://./r.db?x=1',
      CELERY_WORKER_REVOKES_MAX: '7',
      AUTOSCALE_KEEPALIVE: '1.5',
    });
    assert.equal(settings.brokerUrl, 'memory://ours');
    assert.equal(settings.brokerReadUrl, 'memory://read');
    assert.equal(settings.brokerWriteUrl, 'memory://ours');
    assert.equal(settings.resultBackend, 'sqlite:///work/r.db?x=1');
    assert.equal(settings.workerRevokesMax, 7);
    assert.equal(settings.workerAutoscaleKeepaliveMs, 1_500);
  });

  it('refuse a variable that is nearly one, and name the variable of a wrong value', () => {
    assert.throws(() => fromEnvironment({ CELERIAC_TASK_ACK_LATE: '1' }), /did you mean CELERIAC_TASK_ACKS_LATE\?/);
    assert.throws(
      () => fromEnvironment({ CELERIAC_WORKER_CONCURRENCY: 'many' }),
      /workerConcurrency in the environment variable CELERIAC_WORKER_CONCURRENCY must be a whole number, not "many"/,
    );
    assert.throws(() => fromEnvironment({ CELERIAC_BROKER_TRANSPORT_OPTIONS: '{' }), /must be JSON/);
    assert.doesNotThrow(() => fromEnvironment({ CELERIAC_APP: 'x', CELERIAC_SOMETHING_OF_MINE: 'y' }));
  });
});

describe('settings as words of the command line', () => {
  const read = (...words: string[]): Record<string, unknown> => ({ ...settingsFromArguments(words, 'worker').values });

  it('have a dot or none before the chapter, and the own chapter may be left out', () => {
    assert.deepEqual(read('worker_concurrency=4', 'task.acks_late=false', '.prefetch_multiplier=2'), {
      workerConcurrency: 4,
      taskAcksLate: false,
      workerPrefetchMultiplier: 2,
    });
    assert.deepEqual(read('taskAcksLate=1', 'my_own=x=y'), { taskAcksLate: true, my_own: 'x=y' });
  });

  it('are cast to the type that is said', () => {
    assert.deepEqual(
      read('a=(int)3', 'b=(float)1.5', 'c=(bool)no', 'd=(dict){"x":1}', 'e=(list)a,b', 'f=(any)7', 'g=(other)7'),
      { a: 3, b: 1.5, c: false, d: { x: 1 }, e: ['a', 'b'], f: '7', g: '(other)7' },
    );
  });

  it('refuse what is none', () => {
    assert.throws(() => read('celery'), /"celery" is no setting: write key=value/);
    assert.throws(() => read('worker_concurency=4'), /did you mean "worker_concurrency"/);
    assert.throws(() => read('a=(int)x'), /"x" is no int/);
  });
});

describe('old names', () => {
  it('APP-09 are those of today', () => {
    const values = translateOldNames({
      BROKER_URL: 'memory://',
      CELERYD_CONCURRENCY: 2,
      CELERY_ACKS_LATE: true,
      CELERY_RESULT_BACKEND: 'memory://',
      CELERYBEAT_SCHEDULE: {},
      CELERY_TASK_RESULT_EXPIRES: 5,
      CELERYD_TASK_TIME_LIMIT: 9,
      CELERY_ENABLE_UTC: false,
      CELERY_REDIS_HOST: 'h',
      MY_CONSTANT: 1,
    });
    assert.deepEqual(values, {
      broker_url: 'memory://',
      worker_concurrency: 2,
      task_acks_late: true,
      result_backend: 'memory://',
      beat_schedule: {},
      result_expires: 5,
      task_time_limit: 9,
      enable_utc: false,
      redis_host: 'h',
      MY_CONSTANT: 1,
    });
  });

  it('are refused together with new ones, and the names are said', () => {
    assert.throws(
      () => translateOldNames({ BROKER_URL: 'memory://', taskAcksLate: true }),
      /old names .* mixed with new ones \(taskAcksLate\): write broker_url for BROKER_URL/,
    );
  });

  it('APP-08 stand behind a prefix when there is a namespace', () => {
    const values = { CELERY_TASK_ALWAYS_EAGER: true, CELERY_ALWAYS_EAGER2: 1, DEBUG: true, CELERYD_CONCURRENCY: 3 };
    assert.deepEqual(translateOldNames(values, 'CELERY'), { taskAlwaysEager: true, always_eager2: 1 });
    assert.throws(() => translateOldNames({ CELERY_TASK_ALWAYS_EAGER: true }), /only with namespace "CELERY"/);
  });
});

describe('precedence', () => {
  it('is defaults, addDefaults, file, program, environment, command line', () => {
    const layer = (source: string, workerConcurrency: number): { source: string; values: object } => ({
      source,
      values: { workerConcurrency },
    });
    const all = {
      defaults: [layer('addDefaults', 1)],
      file: layer('file', 2),
      program: [layer('constructor', 3), layer('configure', 4)],
      environment: [layer('environment', 5)],
      above: [layer('command line', 6)],
    };
    const seen: string[] = [];
    const levels = ['above', 'environment', 'program', 'file', 'defaults'] as const;
    const given: Record<string, unknown> = { ...all };
    for (const level of levels) {
      const resolved = readSettings(given);
      seen.push(`${String(resolved.settings.workerConcurrency)} ${originOf('workerConcurrency', resolved)}`);
      Reflect.deleteProperty(given, level);
    }
    seen.push(originOf('workerConcurrency', readSettings(given)));
    assert.deepEqual(seen, [
      '6 command line',
      '5 environment',
      '4 configure',
      '2 file',
      '1 addDefaults',
      'default (safe)',
    ]);
    assert.equal(originOf('brokerReadUrl', readSettings({})), 'as brokerUrl');
  });
});

describe('secrets', () => {
  it('APP-11 are hidden by name, in addresses and at every depth', () => {
    assert.deepEqual(
      censor({
        securityKeyPassword: 'x',
        brokerUrl: 'amqp://me:hunter2@h/v;redis://:pw@h?password=p&db=1',
        options: { api_token: 't', login: { user: 'u', passwd: 'p' }, hosts: ['http://a:b@c'] },
        redisPassword: null,
        taskAcksLate: true,
      }),
      {
        securityKeyPassword: '********',
        brokerUrl: 'amqp://me:********@h/v;redis://:********@h?password=********&db=1',
        options: { api_token: '********', login: { user: 'u', passwd: '********' }, hosts: ['http://a:********@c'] },
        redisPassword: null,
        taskAcksLate: true,
      },
    );
  });

  it('are hidden whole, however a password is written', () => {
    const written = [
      'amqp://u:a/b@h',
      'amqp://u:a@b@h:1',
      'http://u:a b@h',
      'u:a@h',
      'amqp://h:5672/v',
      'sqlite:///q.db',
    ];
    assert.deepEqual(censor({ written })['written'], [
      'amqp://u:********@h',
      'amqp://u:********@h:1',
      'http://u:********@h',
      'u:********@h',
      'amqp://h:5672/v',
      'sqlite:///q.db',
    ]);
  });

  it('are hidden in humanize and table, which show what was given, or all', () => {
    const resolved = readSettings({
      program: [{ source: null, values: { redisPassword: 'x', taskRoutes: [/a/], mine: 1 } }],
    });
    assert.equal(humanize(resolved), 'taskRoutes: ["/a/"]\nredisPassword: "********"\nmine: 1');
    assert.equal(tableOf(resolved, { isCensored: false })['redisPassword'], 'x');
    assert.equal(tableOf(resolved, { withDefaults: true })['workerPrefetchMultiplier'], 4);
  });
});
