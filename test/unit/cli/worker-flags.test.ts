/** Options of the worker as values: what is read from text, from the environment, and what a name or file stands for. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { formatLine } from '../../../cli/log-template.js';
import { applyOptionEnvironment, variableOf } from '../../../cli/option-environment.js';
import { parseAutoscale, parseCount } from '../../../cli/option-values.js';
import { writePidFile } from '../../../cli/pid-file.js';
import { refuseMissing, settingsOfFlags } from '../../../cli/worker-flags.js';
import { nodeFile, nodeName } from '../../../core/worker/node-name.js';
import { createProject } from '../loader/project-on-disk.js';

describe('options of a worker as values', () => {
  it('CLI-39 autoscale takes two numbers in either order, or the greatest alone', () => {
    for (const text of ['10,3', '3,10']) assert.deepEqual(parseAutoscale(text), { min: 3, max: 10 });
    assert.deepEqual(parseAutoscale('4'), { min: 0, max: 4 });
    for (const text of ['', '0', 'a,b', '1,2,3', '-1']) {
      assert.throws(() => parseAutoscale(text), InvalidArgumentError);
    }
  });

  it('flags are settings above the words behind them', () => {
    const settings = settingsOfFlags({ loglevel: 'warn', concurrency: 3, autoscale: { min: 1, max: 5 } }, [
      '.concurrency=9',
      'task_acks_late=no',
    ]);
    assert.deepEqual(settings, {
      workerConcurrency: 3,
      taskAcksLate: false,
      workerAutoscaleMin: 1,
      workerAutoscaleMax: 5,
    });
  });

  it('what is not here yet and would be missed is refused', () => {
    assert.throws(() => refuseMissing({ loglevel: 'warn', scheduleFilename: 'x' }), /periodic tasks/);
    assert.throws(() => refuseMissing({ loglevel: 'warn', pool: 'gevnt' }), /did you mean "gevent"/);
    assert.doesNotThrow(() => refuseMissing({ loglevel: 'warn', pool: 'prefork' }));
  });
});

describe('options from the environment', () => {
  function parse(words: readonly string[], environment: Record<string, string>): Record<string, unknown> {
    let seen: Record<string, unknown> = {};
    const program = new Command('celeriac').exitOverride().configureOutput({ writeErr: () => undefined });
    program
      .command('worker')
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .option('-c, --concurrency <n>', '', parseCount(1))
      .addOption(new Option('--disable-prefetch'))
      .action((options: Record<string, unknown>) => {
        seen = options;
      })
      .hook('preAction', (_, command) => {
        applyOptionEnvironment(command, environment);
      });
    program.parse(['node', 'celeriac', 'worker', ...words]);
    return seen;
  }

  it('stand below what is typed, and a switch says yes or no', () => {
    const environment = { CELERY_WORKER_CONCURRENCY: '7', CELERY_WORKER_DISABLE_PREFETCH: 'no' };
    assert.deepEqual(parse([], environment), { concurrency: 7, disablePrefetch: false });
    assert.equal(parse(['-c', '2'], environment)['concurrency'], 2);
  });

  it('are refused by the name of their variable, with code 2 for the program', () => {
    for (const environment of [{ CELERY_WORKER_CONCURRENCY: 'x' }, { CELERY_WORKER_DISABLE_PREFETCH: 'perhaps' }]) {
      const [variable = ''] = Object.keys(environment);
      assert.throws(
        () => parse([], environment),
        (error) => error instanceof CommanderError && error.message.includes(variable),
      );
    }
  });

  it('name the path of a command', () => {
    const dead = new Command('celeriac').command('dead').command('list');
    assert.equal(variableOf(dead, new Option('-Q, --dry-run')), 'CELERY_DEAD_LIST_DRY_RUN');
  });
});

describe('names and files of a node', () => {
  it('APP-39 a template names host, short name and domain', () => {
    const host = 'box.example.com';
    assert.deepEqual(
      ['celery@%h', 'w1@%n', 'w%%@%d', '%n', 'w@'].map((template) => nodeName(template, host)),
      ['celery@box.example.com', 'w1@box', 'w%@example.com', 'celery@box', 'w@box.example.com'],
    );
  });

  it('APP-39 a file is named for node, name and host', () => {
    assert.equal(nodeFile('/l/%n%I-%i-%p-%d-%x.log', 'w1@box.a.b'), '/l/w1-0-w1@box.a.b-a.b-%x.log');
  });

  it('a pid file is taken once, and again from a process that is gone', (t) => {
    const project = createProject(t, {});
    const path = project.path('a.pid');
    const file = writePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), `${String(process.pid)}\n`);
    assert.ok('remove' in file);
    file.remove();
    assert.equal(existsSync(path), false);
    writeFileSync(path, String(process.ppid));
    assert.match((writePidFile(path) as { problem: string }).problem, /belongs to process/);
    writeFileSync(path, '2147483646\n');
    assert.ok('remove' in writePidFile(path));
    writeFileSync(path, 'nonsense');
    assert.match((writePidFile(path) as { problem: string }).problem, /holds no process id/);
    mkdirSync(project.path('folder'));
    chmodSync(project.path('folder'), 0o755);
    assert.match((writePidFile(project.path('no/such/folder')) as { problem: string }).problem, /cannot be written/);
  });
});

describe('a log line by a template', () => {
  it('has the fields of Python, ??? for what is not there, and the stack of an error', () => {
    const line = { epochMs: 0, level: 'WARNING', message: 'hello', fields: { taskName: 'add', n: 1 } };
    assert.equal(
      formatLine('%(asctime)s %(levelname)-8s %(message)s %(task_name)s %(task_id)s %(n)d', line),
      '1970-01-01 00:00:00,000 WARNING hello add ??? 1',
    );
    const failed = { ...line, fields: { err: new RangeError('no') } };
    assert.match(formatLine('%(message)s', failed), /^hello\nRangeError: no\n {4}at /);
  });
});
