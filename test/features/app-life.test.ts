/** APP-01, 03, 14 to 40: tasks, names, life and company of an app. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { findApp } from '../../core/app/find-app.js';
import { expandFileName, expandNodename } from '../../core/app/nodename.js';
import {
  Celeriac,
  ConfigError,
  currentApp,
  currentTask,
  GroupResult,
  NotRegistered,
  ResultSet,
  sharedTask,
  Signature,
  signals,
  type AppInput,
} from '../../core/app/public.js';
import { TestWorker } from '../../testing/public.js';
import {
  app as lifeApp,
  current,
  discovered,
  hooks,
  moments,
  names,
  shared,
  told,
} from '../support/members/life-tasks.js';
import { messagesIn } from '../support/sent-messages.js';

const WAIT = { timeoutMs: 20_000 } as const;
const folder = mkdtempSync(join(tmpdir(), 'celeriac-life-'));
let worker: TestWorker | null = null;

before(async () => {
  worker = await TestWorker.start({
    app: lifeApp,
    module: new URL('../support/members/life-tasks.js', import.meta.url),
    settings: { imports: ['./life-imported.js'] },
  });
});
after(async () => {
  await worker?.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
function newApp(input: AppInput = {}): Celeriac {
  const address = `memory://life-${String(++count)}`;
  return new Celeriac('life', { brokerUrl: address, resultBackend: address, setAsCurrent: false, ...input });
}

test('APP-01: several apps side by side; the first is current, another one where it says so', () => {
  const other = newApp();
  assert.equal(currentApp(), lifeApp);
  assert.equal(
    other.asCurrent(() => currentApp()),
    other,
  );
  other.setDefault();
  assert.equal(currentApp(), other);
  lifeApp.setDefault();
});

test('APP-03: a task without a name has that of its module and function', () => {
  const app = newApp();
  function resize(): void {
    return undefined;
  }
  const { taskName } = app.task(resize);
  assert.match(taskName, /(^|\.)app-life\.test\.resize$|^life\.resize$/);
  assert.throws(() => app.task(() => 1), ConfigError);
});

test('APP-14: the registry finalizes the app, unless autofinalize is off', () => {
  const seen: string[] = [];
  const app = newApp();
  app.lifecycle.onAfterFinalize.connect(() => void seen.push('finalized'));
  app.task('t', () => 1);
  assert.deepStrictEqual([app.lifecycle.isFinalized, app.tasks.names()[0], seen], [false, 't', ['finalized']]);
  const strict = newApp({ autofinalize: false });
  assert.throws(() => strict.tasks, ConfigError);
  strict.finalize();
  assert.equal(strict.tasks.find('t'), null);
});

test('APP-15: app.task takes a function, a name, options; a name is taken once', async () => {
  const app = newApp();
  function plain(n: number): number {
    return n;
  }
  const withOptions = app.task('with.options', { priority: 1 }, plain);
  const tasks = [app.task(plain), app.task('named', plain), withOptions];
  assert.deepStrictEqual(
    tasks.map((task) => task(3)),
    [3, 3, 3],
  );
  assert.throws(() => app.task('named', plain), /registered twice/);
  await withOptions.delay(3);
  assert.equal((await messagesIn(app))[0]?.properties.priority, 1);
  await app.close();
});

test('APP-16: a shared task belongs to apps created before and after, and runs in members', async () => {
  const before_ = newApp();
  const task = sharedTask('life.shared-late', (n: number) => n + 1);
  const later = newApp();
  assert.deepStrictEqual(
    [before_, later].map((app) => app.tasks.find('life.shared-late') !== null),
    [true, true],
  );
  await later.asCurrent(() => task.delay(1));
  assert.equal((await messagesIn(later)).length, 1);
  assert.equal(await (await shared.delay(20)).get(WAIT), 40);
});

test('APP-17: class tasks, and a class that function tasks inherit from', async () => {
  const app = newApp();
  class Base extends app.Task {
    readonly factor = 3;
    run(): number {
      return this.factor;
    }
  }
  const task = app.registerTask(Base, 'life.class');
  assert.equal(await (await task.apply()).get(), 3);
  const inherits = newApp({ taskCls: Base }).task('inherits', function (this: Base) {
    return this.factor;
  });
  assert.equal(await (await inherits.apply()).get(), 3);
});

test('APP-18: gen_task_name can be replaced', () => {
  class Own extends Celeriac {
    override genTaskName(name: string): string {
      return `own:${name}`;
    }
  }
  function resize(): number {
    return 1;
  }
  assert.equal(new Own('own', { setAsCurrent: false }).task(resize).taskName, 'own:resize');
});

test('APP-19: the registry gives, finds by kind, takes out', () => {
  const app = newApp();
  app.task('a', () => 1);
  class Nightly extends app.Task {
    readonly type = 'periodic';
    run(): number {
      return 1;
    }
  }
  app.registerTask(Nightly, 'nightly');
  assert.deepStrictEqual([app.tasks.names().includes('a'), app.tasks.get('a').name], [true, 'a']);
  const { tasks } = app;
  assert.deepStrictEqual(
    [tasks.regular(), tasks.periodic(), tasks.filterTypes('other')].map((found) => [
      found.has('a'),
      found.has('nightly'),
    ]),
    [
      [true, false],
      [false, true],
      [false, false],
    ],
  );
  tasks.unregister('a');
  assert.throws(() => tasks.get('a'), NotRegistered);
  assert.throws(() => {
    tasks.unregister('a');
  }, NotRegistered);
});

test('APP-20: autodiscovery loads the module of each package that has one; an error in one is not passed over', async () => {
  for (const name of ['with', 'without', 'broken']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'with', 'tasks.mjs'), 'globalThis.lifeDiscovered = (globalThis.lifeDiscovered ?? 0) + 1;');
  writeFileSync(join(folder, 'broken', 'tasks.mjs'), 'throw new RangeError("inside")');
  const app = newApp();
  await app.autodiscoverTasks([join(folder, 'with'), join(folder, 'without')], { force: true });
  assert.equal(Reflect.get(globalThis, 'lifeDiscovered'), 1);
  await assert.rejects(
    app.autodiscoverTasks(() => [join(folder, 'broken')], { force: true }),
    RangeError,
  );
  await lifeApp.modules.importDefaults({ imports: [], include: [] });
  assert.equal(await (await discovered.delay()).get(WAIT), 'discovered');
});

test('APP-21: members load imports, then include, after the signal import_modules; a missing one is an error', async () => {
  const app = newApp();
  const heard: unknown[] = [];
  const stop = signals.importModules.connect(({ sender }) => void heard.push(sender === app));
  const [imports, include] = [['../support/members/life-imported.js'], ['../support/members/route-module.js']];
  const modules = app.modules.names({ imports, include }).map((address) => basename(address));
  assert.deepStrictEqual([heard, modules], [[true], ['life-imported.js', 'route-module.js']]);
  assert.throws(() => app.modules.names({ imports: ['./no-such-module'], include: [] }), ConfigError);
  // The signal came first: a receiver could have said more.
  assert.equal(heard.length, 2);
  stop();
  assert.ok((await (await names.delay()).get(WAIT)).includes('life.imported'));
});

test('APP-22: send_task publishes by name, with the options of a task of that name, and also in eager mode', async () => {
  const app = newApp({ taskAlwaysEager: true });
  app.task('known', { queue: 'own' }, () => 1);
  const warned = new Promise<string>((resolve) => process.once('warning', ({ name }) => resolve(name)));
  await app.sendTask('known');
  assert.deepStrictEqual([await warned, (await messagesIn(app, 'own')).length], ['AlwaysEagerIgnored', 1]);
  await app.close();
});

test('APP-23: signatures, results and task classes bound to the app', async () => {
  const app = newApp();
  const signature = app.signature('python.task', { args: [1] });
  assert.ok(signature instanceof Signature);
  const result = await signature.delay(0);
  assert.equal(app.asyncResult(result.id).id, result.id);
  assert.ok(app.resultSet([result]) instanceof ResultSet);
  assert.ok(app.groupResult('g', [result]) instanceof GroupResult);
  assert.equal((await messagesIn(app)).length, 1);
  await app.close();
});

test('APP-25: on_configure, on_after_configure with its source, on_after_finalize, and on_after_fork in a member', async () => {
  const seen: unknown[] = [];
  const app = newApp();
  app.settings.onConfigure.connect(() => void seen.push('configure'));
  app.settings.onAfterConfigure.connect(({ source }) => void seen.push(source));
  app.lifecycle.onAfterFinalize.connect(() => void seen.push('finalize'));
  app.configFromObject({ task_default_queue: 'q' });
  assert.equal(app.conf.taskDefaultQueue, 'q');
  app.finalize();
  assert.deepStrictEqual(seen, ['configure', 'an object', 'finalize']);
  assert.deepStrictEqual(await (await hooks.delay()).get(WAIT), ['fork']);
});

test('APP-27: close leaves nothing open and the app can be used again; disposal is the same', async () => {
  const app = newApp();
  await app.sendTask('t');
  await app.close();
  assert.equal(app.connections.isOpen, false);
  await app.sendTask('t');
  await app[Symbol.asyncDispose]();
  assert.equal(app.connections.isOpen, false);
});

test('APP-28: an app has an id of its own that stays', () => {
  const [one, two] = [newApp(), newApp()];
  assert.match(one.oid, /^[0-9a-f-]{36}$/);
  assert.deepStrictEqual([one.oid === one.oid, one.oid === two.oid], [true, false]);
});

test('APP-29: now is in the time zone of the app', () => {
  const loader = { now: () => new Date('2030-07-01T12:00:00Z') };
  assert.equal(String(newApp({ timezone: 'Europe/Berlin', loader }).now()), '2030-07-01T14:00:00.000+02:00');
  assert.equal(String(newApp({ timezone: 'America/New_York', loader }).now()), '2030-07-01T08:00:00.000-04:00');
  assert.equal(newApp().timezone, 'UTC');
});

test('APP-30: the current task is there inside of one and nowhere else', async () => {
  assert.deepStrictEqual([currentTask(), lifeApp.currentTask], [null, null]);
  const result = await current.delay();
  assert.equal(await result.get(WAIT), result.id);
});

test('APP-31: select_queues, the table of queues, and a report that hides secrets', () => {
  const app = newApp({ taskQueues: ['a', 'b'], brokerUrl: 'memory://ann:pass1@h' });
  assert.deepStrictEqual(
    app.selectQueues(['b']).map(({ queue }) => queue.name),
    ['b'],
  );
  const report = app.bugReport();
  assert.match(report, /node:\d+/);
  assert.doesNotMatch(report, /pass1/);
});

test('APP-32: arguments are checked where a call is made, not for send_task, and not without strict typing', async () => {
  const app = newApp();
  const add = app.task('add', { params: ['a', 'b'] }, (a: number, b: number) => a + b);
  await assert.rejects(add.applyAsync({ args: [1] as never }), TypeError);
  await assert.rejects(add.applyAsync({ args: [1, 2], kwargs: { c: 3 } }), TypeError);
  await app.sendTask('add', { args: [1] });
  const loose = newApp({ strictTyping: false });
  await loose.task('add', { params: ['a', 'b'] }, (a: number, b: number) => a + b).applyAsync({ args: [1] as never });
  await Promise.all([app.close(), loose.close()]);
});

test('APP-33: an app is found by its export, by the usual names, or as the only app of a module', () => {
  const [one, two] = [newApp(), newApp()];
  const source = { module: 'shop', attribute: null, created: [] };
  assert.equal(findApp({ other: two, app: one }, source), one);
  assert.equal(findApp({ celery: two, other: one }, source), two);
  assert.equal(findApp({ one, two }, { ...source, attribute: 'two' }), two);
  assert.equal(findApp({}, { ...source, created: [one] }), one);
  assert.throws(() => findApp({}, source), /export one/);
});

test('APP-34: a loader reads the configuration, imports modules, and is told of workers, members and tasks', async () => {
  const imported: string[] = [];
  const app = newApp({
    loader: {
      readConfiguration: () => ({ task_default_queue: 'loader' }),
      importModule: (specifier) => Promise.resolve(imported.push(specifier)),
    },
  });
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package', 'tasks.mjs'), '');
  await app.autodiscoverTasks([join(folder, 'package')], { force: true });
  assert.deepStrictEqual([app.conf.taskDefaultQueue, imported.length], ['loader', 1]);
  await (await told.delay()).get(WAIT);
  const result = await told.delay();
  const last = (await result.get(WAIT)) as readonly string[];
  assert.deepStrictEqual([last[0], ...last.slice(-2)], ['process', 'cleanup', `init ${result.id} life.told`]);
  assert.deepStrictEqual(moments, ['worker']);
});

test('APP-35: fixups get the app once, when it is created', () => {
  const fixed: unknown[] = [];
  const app = newApp({ fixups: [(one) => void fixed.push(one)] });
  assert.deepStrictEqual([fixed.length, fixed[0] === app], [1, true]);
});

test('APP-36: CELERY_TRACE_APP warns of the implicit default app, or refuses it', async () => {
  process.env['CELERY_TRACE_APP'] = 'raise';
  assert.throws(() => currentApp(), /default app/);
  process.env['CELERY_TRACE_APP'] = '1';
  const warned = new Promise<string>((resolve) => process.once('warning', ({ name }) => resolve(name)));
  assert.equal(currentApp(), lifeApp);
  assert.equal(await warned, 'CeleriacDefaultApp');
  Reflect.deleteProperty(process.env, 'CELERY_TRACE_APP');
});

test('APP-39: node names and their expansions', () => {
  assert.equal(expandNodename('w1'), `w1@${hostname()}`);
  assert.equal(expandNodename('w1@%h'), `w1@${hostname()}`);
  assert.equal(expandFileName('%n%I.log', 'w1@host', 3), 'w1-3.log');
});

test('APP-40: the logical clock counts on and moves past another', () => {
  const { clock } = newApp();
  assert.deepStrictEqual([clock.forward(), clock.adjust(10), clock.forward()], [1, 11, 12]);
  // One that is behind does not set it back.
  assert.equal(clock.adjust(3), 13);
});
