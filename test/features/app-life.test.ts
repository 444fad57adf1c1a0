/** APP-01, 03, 14 to 40: tasks, names, life and company of an app. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname, tmpdir } from 'node:os';
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
  const later = newApp({ setAsCurrent: true, taskDefaultQueue: 'later' });
  assert.equal(currentApp(), lifeApp);
  later.task('one', () => 1);
  assert.deepStrictEqual(
    [other, later].map((app) => [app.conf.taskDefaultQueue, app.tasks.find('one') !== null, app.main]),
    [
      ['celery', false, 'life'],
      ['later', true, 'life'],
    ],
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
  assert.equal(taskName, 'life.resize');
  // In a module that is not the program: its path from the package, with dots.
  const module = new URL('../support/members/life-tasks.js', import.meta.url).href;
  assert.match(app.genTaskName('resize', module), /^(dist[\w-]*\.)?test\.support\.members\.life-tasks\.resize$/);
  assert.equal(app.genTaskName('resize', import.meta.url), 'life.resize');
  assert.equal(app.genTaskName('resize', null), 'life.resize');
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
  assert.equal(app.lifecycle.isFinalized, true);
  app.finalize();
  assert.deepStrictEqual(seen, ['finalized']);
  strict.task('early', () => 1);
  assert.throws(() => strict.tasks, /not finalized: call app\.finalize\(\)/);
  strict.finalize();
  assert.deepStrictEqual([strict.tasks.find('t'), strict.tasks.get('early').name], [null, 'early']);
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
  assert.equal((await messagesIn(before_)).length, 0);
  await before_.asCurrent(() => task.delay(1));
  assert.equal((await messagesIn(before_))[0]?.headers.table['task'], 'life.shared-late');
  assert.equal(task(1), 2);
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
  class Named extends app.Task {
    run(n: number): number {
      return n;
    }
  }
  const named = app.registerTask(new Named());
  assert.deepStrictEqual([named.taskName, await (await named.apply({ args: [4] })).get()], ['life.Named', 4]);
  assert.ok(app.tasks.find('life.class') !== null && app.tasks.find('life.Named') !== null);
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
  // Without force nothing is imported yet; the package itself, another module of it.
  writeFileSync(join(folder, 'with', 'other.mjs'), 'globalThis.lifeOther = true;');
  const lazy = newApp();
  let asked = 0;
  await lazy.autodiscoverTasks(() => (asked++, [join(folder, 'with')]), { relatedName: 'other' });
  assert.deepStrictEqual([asked, Reflect.get(globalThis, 'lifeOther')], [0, undefined]);
  await lazy.modules.importDefaults({ imports: [], include: [] });
  assert.deepStrictEqual([asked, Reflect.get(globalThis, 'lifeOther')], [1, true]);
  writeFileSync(join(folder, 'itself.mjs'), 'globalThis.lifeItself = true;');
  await lazy.autodiscoverTasks([join(folder, 'itself.mjs')], { relatedName: null, force: true });
  assert.equal(Reflect.get(globalThis, 'lifeItself'), true);
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
  // What the caller says stands above the task; an unknown name is no error.
  await app.sendTask('known', { queue: 'callers' });
  await app.sendTask('unknown', { args: [1] });
  assert.deepStrictEqual(
    await Promise.all(
      ['own', 'callers', 'celery'].map(async (queue) =>
        (await messagesIn(app, queue)).map(({ headers }) => headers.table['task']),
      ),
    ),
    [['known'], ['known'], ['unknown']],
  );
  await app.close();
});

test('APP-23: signatures, results and task classes bound to the app', async () => {
  const app = newApp();
  const signature = app.signature('python.task', { args: [1] });
  assert.ok(signature instanceof Signature);
  const result = await signature.delay(0);
  assert.equal(app.asyncResult(result.id).id, result.id);
  const [set, group] = [app.resultSet([result]), app.groupResult('g', [result])];
  assert.ok(set instanceof ResultSet && group instanceof GroupResult);
  assert.deepStrictEqual([set.results[0] === result, group.id, group.results[0] === result], [true, 'g', true]);
  const [message, ...others] = await messagesIn(app);
  assert.deepStrictEqual([message?.headers.table['task'], others], ['python.task', []]);
  assert.equal(message?.headers.table['id'], result.id);
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
  assert.equal(app.connections.isOpen, true);
  app.setDefault();
  assert.equal(currentApp(), app);
  await app.close();
  // A closed app is nobody's default.
  assert.throws(() => currentApp(), /no app yet/);
  lifeApp.setDefault();
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
  assert.equal(String(newApp({ loader }).now()), '2030-07-01T12:00:00.000+00:00');
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  assert.deepStrictEqual(
    [newApp().timezone, newApp({ enableUtc: false }).timezone, newApp({ timezone: 'Asia/Tokyo' }).timezone],
    ['UTC', local, 'Asia/Tokyo'],
  );
  const before_ = Date.now();
  const { epochMs } = newApp().now();
  assert.ok(epochMs >= before_ && epochMs <= Date.now());
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
  assert.deepStrictEqual(
    [...app.queues].map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepStrictEqual(
    app.selectQueues(['a', 'new']).map(({ queue }) => queue.name),
    ['a', 'new'],
  );
  const lines = app.bugReport().split('\n');
  assert.deepStrictEqual(lines.slice(0, 3), [
    `software -> celeriac app:life node:${process.versions.node} v8:${process.versions.v8}`,
    `platform -> system:${process.platform} arch:${process.arch} cpus:${String(availableParallelism())}`,
    'settings -> transport:memory results:memory',
  ]);
  assert.ok(lines.includes('brokerUrl: "memory://ann:********@h"'));
});

test('APP-32: arguments are checked where a call is made, not for send_task, and not without strict typing', async () => {
  const app = newApp();
  const add = app.task('add', { params: ['a', 'b'] }, (a: number, b: number) => a + b);
  await assert.rejects(add.applyAsync({ args: [1] as never }), TypeError);
  await assert.rejects(add.applyAsync({ args: [1, 2], kwargs: { c: 3 } }), TypeError);
  await assert.rejects(add.applyAsync({ args: [1, 2, 3] as never }), TypeError);
  await add.applyAsync({ args: [1] as never, kwargs: { b: 2 } });
  const untyped = app.task('untyped', { params: ['a', 'b'], typing: false }, (a: number, b: number) => a + b);
  await untyped.applyAsync({ args: [1] as never });
  // Without declared names the length of the function is the least.
  const two = app.task('two', (a: number, b: number) => a + b);
  await assert.rejects(two.applyAsync({ args: [1] as never }), TypeError);
  await app.sendTask('add', { args: [1] });
  const sent = (await messagesIn(app)).map(({ headers }) => headers.table['task']);
  assert.deepStrictEqual(sent, ['add', 'untyped', 'add']);
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
  // The order of the names, and any export after them.
  assert.equal(findApp({ default: one, celery: one, celeriac: two }, source), two);
  assert.equal(findApp({ default: one, celery: two }, source), two);
  assert.equal(findApp({ other: one, default: two }, source), two);
  assert.equal(findApp({ some: 1, other: one, another: two }, source), one);
  assert.equal(findApp({ default: { shop: two } }, source), two);
  assert.throws(() => findApp({ app: one }, { ...source, attribute: 'two' }), /no app named "two"; it exports app/);
  assert.throws(() => findApp({}, { ...source, created: [one, two] }), /export one/);
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
  const order: number[] = [];
  newApp({ fixups: [() => void order.push(1), () => void order.push(2)] }).finalize();
  assert.deepStrictEqual(order, [1, 2]);
});

test('APP-36: CELERY_TRACE_APP warns of the implicit default app, or refuses it', async () => {
  process.env['CELERY_TRACE_APP'] = 'raise';
  assert.throws(() => currentApp(), /default app/);
  process.env['CELERY_TRACE_APP'] = '1';
  const warned = new Promise<string>((resolve) => process.once('warning', ({ name }) => resolve(name)));
  assert.equal(currentApp(), lifeApp);
  assert.equal(await warned, 'CeleriacDefaultApp');
  process.env['CELERY_TRACE_APP'] = 'raise';
  // An app that was made current is no implicit default.
  const own = newApp();
  assert.equal(
    own.asCurrent(() => currentApp()),
    own,
  );
  Reflect.deleteProperty(process.env, 'CELERY_TRACE_APP');
  assert.equal(currentApp(), lifeApp);
});

test('APP-39: node names and their expansions', () => {
  assert.equal(expandNodename('w1'), `w1@${hostname()}`);
  assert.equal(expandNodename('w1@%h'), `w1@${hostname()}`);
  assert.equal(expandNodename(''), `celery@${hostname()}`);
  assert.deepStrictEqual(
    ['w1@%h', 'w1@%d', '%n@x', '%%@x', '%q@x', 'whole@other'].map((text) => expandNodename(text, 'box.shop.example')),
    ['w1@box.shop.example', 'w1@shop.example', 'box@x', '%@x', '%q@x', 'whole@other'],
  );
  assert.equal(expandFileName('%n%I.log', 'w1@host', 3), 'w1-3.log');
  const all = '%p %n %h %d %i %I. %%';
  assert.equal(
    expandFileName(all, 'w1@box.shop.example'),
    'w1@box.shop.example w1 box.shop.example shop.example 0 . %',
  );
  assert.equal(
    expandFileName(all, 'w1@box.shop.example', 2),
    'w1@box.shop.example w1 box.shop.example shop.example 2 -2. %',
  );
});

test('APP-40: the logical clock counts on and moves past another', () => {
  const { clock } = newApp();
  assert.deepStrictEqual([clock.forward(), clock.adjust(10), clock.forward()], [1, 11, 12]);
  // One that is behind does not set it back.
  assert.equal(clock.adjust(3), 13);
});
